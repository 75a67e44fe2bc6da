"""Django's autodetector, which does not forget the triggers of a new model."""

from typing import Any

from django.apps import apps
from django.db.migrations.autodetector import MigrationAutodetector, OperationDependency
from django.db.migrations.operations import CreateModel


class Autodetector(MigrationAutodetector):
    """Adds, behind the creation of a model, the operations that its class names in `migration_operations`.

    Each is a class of operation that takes the model's name. Only at creation: a later change is written by hand.
    """

    generated_operations: dict[str, list[Any]]  # made by Django's _detect_changes

    def generate_created_models(self) -> None:
        super().generate_created_models()
        for app_label, operations in list(self.generated_operations.items()):
            for name in [operation.name for operation in operations if isinstance(operation, CreateModel)]:
                created = OperationDependency(app_label, name.lower(), None, OperationDependency.Type.CREATE)
                for operation in _wanted(app_label, name):
                    self.add_operation(app_label, operation(name), dependencies=[created])  # type: ignore[list-item]


def _wanted(app_label: str, name: str) -> tuple[type, ...]:
    try:
        model = apps.get_model(app_label, name)
    except LookupError:  # a state that no code has, such as a test's
        return ()
    return getattr(model, "migration_operations", ())
