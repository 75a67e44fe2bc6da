"""Mapping a file: which column fills what, how rows are recognised, how the file is read. Works without JavaScript."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.importing import actions, jobs
from core.importing.keys import keys_for
from core.importing.lookups import RowFinder
from core.importing.mapped import targets_for
from core.importing.plan import Column, Mode, Plan
from core.importing.reading import FileError, Layout, is_reason
from core.importing.reading.delimited import SEPARATORS
from core.importing.reading.encodings import LABELS
from core.importing.targets import ID, Target
from core.models import ImportBatch, ImportState
from core.views.imports import BatchView

_OPEN = (ImportState.MAPPING, ImportState.READY, ImportState.FAILED)
_CONFIDENCE = {
    "sure": ("good", gettext_lazy("Sûr")),
    "likely": ("info", gettext_lazy("Probable")),
    "faint": ("warn", gettext_lazy("À vérifier")),
}


class _MappingView(BatchView):
    """Of a batch that is still to be mapped, or may be mapped again; else its result."""

    def is_open(self) -> bool:
        return bool(self.batch.preview) and self.batch.state in _OPEN

    @cached_property
    def people(self) -> list[Any]:
        return list(dict.fromkeys(actions.people_of(self.batch, self.user)))

    @cached_property
    def targets(self) -> dict[str, Target]:
        return targets_for(self.resource, self.people)

    def page(self, plan: Plan, errors: dict[str, str] | None = None, *, share: bool = False) -> HttpResponse:
        context = screen(self.batch, plan, self.targets, errors or {})
        context |= {
            "resource": self.resource,
            "imports_url": reverse("imports"),
            "batch": self.batch,
            "share": share,
            "creatable": self.creatable(plan),
            "leavable": [
                {"value": name, "label": target.label, "chosen": name in plan.blank}
                for name, target in self.targets.items()
                if target.may_be_left
            ],
            "keys": self.keys(plan),
            "modes": [{"value": mode.value, "label": mode.label, "chosen": mode == plan.mode} for mode in Mode],
            "cancel_url": self.resource.list_url,
        }
        return render(self.request, "core/import_columns.html", context)

    def keys(self, plan: Plan) -> list[dict[str, Any]]:
        """What may recognise a row. All are offered: without JavaScript the list does not follow the columns."""
        mapped = set(plan.targets)
        return [
            {"value": key, "label": label, "chosen": key == plan.key, "needs": key.replace("+", " "),
             "ready": set(key.split("+")) <= mapped}
            for key, label in keys_for(self.resource, self.targets).items()
        ]  # fmt: skip

    def creatable(self, plan: Plan) -> list[dict[str, Any]]:
        return [
            {"value": name, "label": target.label, "chosen": name in plan.create}
            for name, target in self.targets.items()
            if target.model is not None and RowFinder(target.model, self.people).may_create()
        ]


class ColumnsView(_MappingView):
    def get(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        return self.page(Plan.of(self.batch.plan)) if self.is_open() else redirect("import-batch", pk)

    def post(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        if not self.is_open():
            return redirect("import-batch", pk)
        plan, share = self.read(), "share" in request.POST
        errors = mistakes(plan, self.targets, keys_for(self.resource, self.targets))
        if errors:
            return self.page(plan, errors, share=share)
        if actions.map_columns(self.batch, plan, by=self.user, share=share):
            self.batch.state = ImportState.CHECKING
            jobs.start(jobs.CHECK, self.batch, by=self.user)
        return redirect("import-batch", pk)

    def read(self) -> Plan:
        """What was chosen; what is not among the choices counts as left out."""
        sent = self.request.POST
        columns = [
            Column(
                column["name"],
                target if (target := sent.get(f"target-{index}", "")) in self.targets else "",
                order if (order := sent.get(f"order-{index}", "")) in ("dmy", "mdy") else "",
                decimal if (decimal := sent.get(f"decimal-{index}", "")) in (",", ".") else "",
            )
            for index, column in enumerate(self.batch.preview["columns"])
        ]
        mode = sent.get("mode", "")
        create = [name for name in sent.getlist("create") if name in self.targets]
        blank = [name for name in sent.getlist("blank") if name in self.targets]
        return Plan(columns, sent.get("key", ""), mode if mode in Mode.values else Mode.BOTH.value, create, blank)


class LayoutView(_MappingView):
    """Read the file in another way: another line of titles, another sheet, separator or encoding."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        return redirect("import-columns", pk)

    def post(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        if not self.is_open():
            return redirect("import-batch", pk)
        before = Layout.of(self.batch.layout)
        sent, header = request.POST, request.POST.get("header", "")
        layout = Layout(
            kind=before.kind,
            encoding=sent.get("encoding", "") if sent.get("encoding") in LABELS else before.encoding,
            separator=sent.get("separator", "") if sent.get("separator") in SEPARATORS else before.separator,
            sheet=sent.get("sheet", before.sheet),
            header=int(header) if header.isascii() and header.isdigit() and len(header) < 7 else before.header,
            rows=2 if "rows" in sent else 1,
        )
        if layout.sheet != before.sheet:
            layout.header = None  # another sheet has titles of its own
        try:
            actions.read_again(self.batch, layout)
        except FileError as error:
            return self.page(Plan.of(self.batch.plan), {"layout": str(error)})
        return redirect("import-columns", pk)


def mistakes(plan: Plan, targets: dict[str, Target], keys: dict[str, str]) -> dict[str, str]:
    """{what: why} of what keeps a file so mapped from being checked; "column-3" is about a column."""
    found: dict[str, str] = {}
    first: dict[str, str] = {}
    for index, column in enumerate(plan.columns):
        if column.target in first:
            found[f"column-{index}"] = (
                _("« %s » remplit déjà cette valeur : gardez l’une des deux.") % first[column.target]
            )
        elif column.target:
            first[column.target] = column.name
    if not first:
        found["columns"] = _("Dites ce que contient au moins une colonne.")
    given = set(plan.targets)
    missing = [target.label for target in targets.values() if target.required and target.name not in given]
    if first and missing and plan.mode != Mode.UPDATE and plan.key != ID:  # a number of ours is of a row that is there
        found["columns"] = _("Aucune colonne ne donne : %s. Sans elle, aucune fiche ne peut être créée.") % ", ".join(
            missing
        )
    if plan.key not in keys and plan.key:
        found["key"] = _("Choisissez comment les fiches sont reconnues.")
    elif plan.key and not set(plan.key.split("+")) <= given:
        found["key"] = _("Pour reconnaître les fiches par %s, une colonne doit le donner.") % keys[plan.key]
    elif not plan.key and plan.mode == Mode.UPDATE:
        found["key"] = _("Pour mettre à jour, dites comment les fiches sont reconnues.")
    return found


def screen(batch: ImportBatch, plan: Plan, targets: dict[str, Target], errors: dict[str, str]) -> dict[str, Any]:
    preview, layout = batch.preview, Layout.of(batch.layout)
    groups: dict[str, list[Target]] = {}
    for target in targets.values():
        groups.setdefault(target.group, []).append(target)
    return {
        "columns": [
            _column(index, column, chosen, errors)
            for index, (column, chosen) in enumerate(zip(preview["columns"], plan.columns, strict=True))
            if not is_reason(column["name"])
        ],
        "groups": [
            {"label": label, "targets": [{"name": target.name, "label": target.label, "required": target.required}
                                         for target in found]}
            for label, found in groups.items()
        ],
        "notes": preview["notes"],
        "notices": batch.notices,
        "errors": errors,
        "layout": {
            "header": layout.header,
            "rows": layout.rows,
            "lines": preview["head"],
            "sheet": layout.sheet,
            "sheets": preview["sheets"],
            "separator": layout.separator,
            "separators": SEPARATORS.items() if layout.kind == "csv" else (),
            "encoding": layout.encoding,
            "encodings": {**LABELS, layout.encoding: LABELS.get(layout.encoding, layout.encoding)}.items()
            if layout.kind == "csv"
            else (),
        },
        "read": preview["read"],
    }  # fmt: skip


def _column(index: int, column: dict[str, Any], chosen: Column, errors: dict[str, str]) -> dict[str, Any]:
    guessed = column["target"] and column["target"] == chosen.target
    tone, word = _CONFIDENCE.get(column["confidence"], ("", "")) if guessed else ("", "")
    return {
        **column,
        "index": index,
        "target": chosen.target,
        "tone": tone,
        "word": word,
        "order": column["order"],
        "order_chosen": chosen.order,
        "decimal_chosen": chosen.decimal,
        "error": errors.get(f"column-{index}", ""),
    }
