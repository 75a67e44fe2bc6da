"""Operations for migrations, kept as stable as Django's own: what they wrote once stays true."""

from collections.abc import Iterator

from django.db.migrations.operations.base import Operation
from django.db.models import Model

DERIVED = ("search", "updated_at")


class _Triggers(Operation):
    reduces_to_sql = True
    reversible = True

    names: tuple[str, ...] = ()

    def __init__(self, model: str) -> None:
        self.model = model

    def create(self, app_label: str, model: type[Model]) -> Iterator[str]:
        """The statements that make the triggers."""
        raise NotImplementedError

    def state_forwards(self, app_label, state):
        """The triggers are the database's business: Django's state does not know them."""

    def _table(self, app_label, state):
        return state.apps.get_model(app_label, self.model)._meta.db_table

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        model = to_state.apps.get_model(app_label, self.model)
        if self.allow_migrate_model(schema_editor.connection.alias, model):
            for statement in self.create(app_label, model):
                schema_editor.execute(statement)

    def database_backwards(self, app_label, schema_editor, from_state, to_state):
        model = from_state.apps.get_model(app_label, self.model)
        if self.allow_migrate_model(schema_editor.connection.alias, model):
            for name in self.names:
                schema_editor.execute(f'DROP TRIGGER IF EXISTS {name} ON "{model._meta.db_table}"')


class TrackHistory(_Triggers):
    """Keep the history of a model's table: three triggers that call public.b2o_history()."""

    names = ("history_insert", "history_update", "history_delete")

    def create(self, app_label, model):
        columns = {field.column for field in model._meta.concrete_fields}
        derived = ",".join(name for name in DERIVED if name in columns)
        call = f"EXECUTE FUNCTION public.b2o_history('{app_label}.{self.model.lower()}', '{{{derived}}}')"
        table = f'"{model._meta.db_table}"'
        for event, tables in (
            ("insert", "NEW TABLE AS new_rows"),
            ("update", "OLD TABLE AS old_rows NEW TABLE AS new_rows"),
            ("delete", "OLD TABLE AS old_rows"),
        ):
            yield (
                f"CREATE TRIGGER history_{event} AFTER {event.upper()} ON {table} "
                f"REFERENCING {tables} FOR EACH STATEMENT {call}"
            )

    def describe(self):
        return f"Keep the history of {self.model}"


class AppendOnly(_Triggers):
    """Refuse UPDATE, DELETE and TRUNCATE on a model's table."""

    names = ("append_only", "append_only_truncate")

    def create(self, app_label, model):
        table = f'"{model._meta.db_table}"'
        for name, events in zip(self.names, ("UPDATE OR DELETE", "TRUNCATE"), strict=True):
            yield (
                f"CREATE TRIGGER {name} BEFORE {events} ON {table} "
                "FOR EACH STATEMENT EXECUTE FUNCTION public.b2o_append_only()"
            )

    def describe(self):
        return f"Make {self.model} append-only"
