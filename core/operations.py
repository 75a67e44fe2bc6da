"""Operations for migrations, kept as stable as Django's own: what they wrote once stays true."""

from collections.abc import Iterable, Iterator

from django.db import router
from django.db.migrations.operations.base import Operation
from django.db.models import Model

DERIVED = ("search", "sort_key", "updated_at")


class Triggers(Operation):
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


def _history_triggers(table: str, call: str) -> Iterator[str]:
    for event, tables in (
        ("insert", "NEW TABLE AS new_rows"),
        ("update", "OLD TABLE AS old_rows NEW TABLE AS new_rows"),
        ("delete", "OLD TABLE AS old_rows"),
    ):
        yield (
            f"CREATE TRIGGER history_{event} AFTER {event.upper()} ON {table} "
            f"REFERENCING {tables} FOR EACH STATEMENT {call}"
        )


class TrackHistory(Triggers):
    """Keep the history of a model's table: three triggers that call public.b2o_record_changes()."""

    names = ("history_insert", "history_update", "history_delete")

    def __init__(self, model: str, derived: Iterable[str] = ()) -> None:
        """`derived`: further columns that nobody enters, whose changes are no event."""
        super().__init__(model)
        self.derived = tuple(derived)

    def create(self, app_label, model):
        columns = {field.column for field in model._meta.concrete_fields}
        derived = ",".join(name for name in (*DERIVED, *self.derived) if name in columns)
        call = f"EXECUTE FUNCTION public.b2o_record_changes('{app_label}.{self.model.lower()}', '{{{derived}}}')"
        return _history_triggers(f'"{model._meta.db_table}"', call)

    def describe(self):
        return f"Keep the history of {self.model}"

    @property
    def migration_name_fragment(self):
        return f"{self.model.lower()}_history"


class TrackAgain(TrackHistory):
    """Make the triggers of TrackHistory anew: the model has got a derived column."""

    def create(self, app_label, model):
        yield from (f'DROP TRIGGER {name} ON "{model._meta.db_table}"' for name in self.names)
        yield from super().create(app_label, model)

    def database_backwards(self, app_label, schema_editor, from_state, to_state):
        """The column that is removed is told no more."""

    def describe(self):
        return f"Keep the history of {self.model} without its derived columns"


class TrackTable(TrackHistory):
    """Keep, in each client's schema, the history of a table whose application also lives in `public`, where there is
    none; or of a table that links two. `label`: how events name it. `derived`: columns that no event tells.
    """

    def __init__(self, table: str, label: str, derived: tuple[str, ...] = ()) -> None:
        self.table, self.label, self.derived = table, label, derived

    def create(self, app_label, model=None):
        call = f"EXECUTE FUNCTION public.b2o_record_changes('{self.label}', '{{{','.join(self.derived)}}}')"
        return _history_triggers(f'"{self.table}"', call)

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        if router.allow_migrate(schema_editor.connection.alias, app_label):
            for statement in self.create(app_label):
                schema_editor.execute(statement)

    def database_backwards(self, app_label, schema_editor, from_state, to_state):
        if router.allow_migrate(schema_editor.connection.alias, app_label):
            for name in self.names:
                schema_editor.execute(f'DROP TRIGGER IF EXISTS {name} ON "{self.table}"')

    def describe(self):
        return f"Keep the history of {self.table}"

    @property
    def migration_name_fragment(self):
        return f"{self.table}_history"


class AppendOnly(Triggers):
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


class GoneInAYear(Triggers):
    """Refuse UPDATE and TRUNCATE on a model's table, and DELETE of rows whose `at` is less than a year old."""

    names = ("gone_in_a_year", "gone_in_a_year_truncate")

    def create(self, app_label, model):
        table = f'"{model._meta.db_table}"'
        yield (
            f"CREATE TRIGGER gone_in_a_year BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION public.b2o_gone_in_a_year()"
        )
        yield (
            f"CREATE TRIGGER gone_in_a_year_truncate BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION public.b2o_gone_in_a_year()"
        )

    def describe(self):
        return f"Keep {self.model} as written, for a year"


class KeepAsGiven(Triggers):
    """An access given to the support never changes, but for its revocation, once: public.b2o_support_kept()."""

    names = ("kept_as_given",)

    def create(self, app_label, model):
        yield (
            f'CREATE TRIGGER kept_as_given BEFORE UPDATE OR DELETE ON "{model._meta.db_table}" '
            "FOR EACH ROW EXECUTE FUNCTION public.b2o_support_kept()"
        )

    def describe(self):
        return f"Keep {self.model} as given"


class OnlyUp(Triggers):
    """Let the counters of a model's table (id, name, period, last) only go up, one by one: public.b2o_only_up()."""

    names = ("only_up", "only_up_truncate")

    def create(self, app_label, model):
        table = f'"{model._meta.db_table}"'
        for name, events, each in zip(self.names, ("UPDATE OR DELETE", "TRUNCATE"), ("ROW", "STATEMENT"), strict=True):
            yield (
                f"CREATE TRIGGER {name} BEFORE {events} ON {table} "
                f"FOR EACH {each} EXECUTE FUNCTION public.b2o_only_up()"
            )

    def describe(self):
        return f"Let the counters of {self.model} only go up"


class OnlyForget(Triggers):
    """Open one door in an append-only table of values: public.b2o_forget_values(). All else is refused as before."""

    names = ("append_only", "only_forget")
    reversible = False  # backwards, the table would be left without its guard

    def create(self, app_label, model):
        table = f'"{model._meta.db_table}"'
        yield (
            f"CREATE OR REPLACE TRIGGER append_only BEFORE DELETE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION public.b2o_append_only()"
        )
        yield (
            f"CREATE TRIGGER only_forget BEFORE UPDATE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION public.b2o_only_forget()"
        )

    def describe(self):
        return f"Let {self.model} be forgotten through one function"


class RecordChanges(Operation):
    """Move the history triggers of every table of the schema from public.b2o_history() to b2o_record_changes().

    Tables that a schema gets later call the new function from the start; late clients keep the old one until they are
    migrated, since it writes no commitment, for which they have no column.
    """

    reduces_to_sql = True
    reversible = False
    statement = r"""
        DO $$ DECLARE definition text; BEGIN
            FOR definition IN
                SELECT pg_get_triggerdef(g.oid) FROM pg_trigger g
                JOIN pg_class c ON c.oid = g.tgrelid JOIN pg_proc p ON p.oid = g.tgfoid
                WHERE c.relnamespace = current_schema()::regnamespace AND p.proname = 'b2o_history'
            LOOP
                EXECUTE regexp_replace(regexp_replace(definition, '^CREATE TRIGGER', 'CREATE OR REPLACE TRIGGER'),
                    'EXECUTE FUNCTION (public\.)?b2o_history\(', 'EXECUTE FUNCTION public.b2o_record_changes(');
            END LOOP;
        END $$"""

    def state_forwards(self, app_label, state):
        """The triggers are the database's business."""

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        if self.allow_migrate_model(schema_editor.connection.alias, to_state.apps.get_model(app_label, "Event")):
            schema_editor.execute(self.statement, params=None)

    def describe(self):
        return "Record changes with commitments"
