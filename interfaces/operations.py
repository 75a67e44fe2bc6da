"""Triggers of this application's tables; their functions are in tenants/sql/interfaces.sql."""

from core.operations import Triggers


class FreezeRequest(Triggers):
    """Once in force, a written request never changes again; it can only be revoked, once."""

    names = ("request_frozen",)

    def create(self, app_label, model):
        yield (
            f'CREATE TRIGGER request_frozen BEFORE UPDATE OR DELETE ON "{model._meta.db_table}" '
            "FOR EACH ROW EXECUTE FUNCTION public.b2o_request_frozen()"
        )

    def describe(self):
        return f"Freeze {self.model} once in force"


class FreezeFields(Triggers):
    """The fields of a request that is in force never change."""

    names = ("fields_frozen",)

    def create(self, app_label, model):
        yield (
            f'CREATE TRIGGER fields_frozen BEFORE INSERT OR UPDATE OR DELETE ON "{model._meta.db_table}" '
            "FOR EACH ROW EXECUTE FUNCTION public.b2o_request_fields_frozen()"
        )

    def describe(self):
        return f"Freeze {self.model} with its request"


class KeepRevoked(Triggers):
    """A revoked key stays revoked, and no key is ever given another secret."""

    names = ("key_revoked",)

    def create(self, app_label, model):
        yield (
            f'CREATE TRIGGER key_revoked BEFORE UPDATE OR DELETE ON "{model._meta.db_table}" '
            "FOR EACH ROW EXECUTE FUNCTION public.b2o_key_revoked()"
        )

    def describe(self):
        return f"Keep revoked {self.model} revoked"


class FillOutbox(Triggers):
    """What the history tells goes to the webhooks that want it, in the same transaction. Of the table of events."""

    names = ("outbox",)

    def create(self, app_label, model):
        table = model._meta.db_table.replace("interfaces_delivery", "core_event")
        yield (
            f'CREATE TRIGGER outbox AFTER INSERT ON "{table}" REFERENCING NEW TABLE AS new_events '
            "FOR EACH STATEMENT EXECUTE FUNCTION public.b2o_fill_outbox()"
        )

    def database_backwards(self, app_label, schema_editor, from_state, to_state):
        model = from_state.apps.get_model(app_label, self.model)
        if self.allow_migrate_model(schema_editor.connection.alias, model):
            schema_editor.execute('DROP TRIGGER IF EXISTS outbox ON "core_event"')

    def describe(self):
        return "Fill the outbox from the history"
