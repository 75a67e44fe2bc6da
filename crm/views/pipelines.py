"""The ways that sales go, set by who manages the module: pipelines, their stages, and the reasons of losses."""

from typing import Any

from django import forms
from django.contrib import messages
from django.db import IntegrityError, transaction
from django.db.models import Count, ProtectedError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.accounts.access import Level
from core.forms import CleanInput
from core.views.base import ModuleView
from crm.actions.deals import add_pipeline, move_stage
from crm.models import LostReason, Pipeline, Stage
from crm.models.pipeline import StageKind

CERTAIN = {StageKind.WON: 100, StageKind.LOST: 0}


class PipelineForm(CleanInput, forms.ModelForm):
    class Meta:
        model = Pipeline
        fields = ["name", "archived"]


class ReasonForm(CleanInput, forms.ModelForm):
    class Meta:
        model = LostReason
        fields = ["name", "archived"]


class StageForm(CleanInput, forms.ModelForm):
    class Meta:
        model = Stage
        fields = ["name", "kind", "probability", "rotting_days"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk and self.instance.deals.exists():
            self.fields["kind"].disabled = True
            self.fields["kind"].help_text = _("Des affaires sont à cette étape : sa nature ne change plus.")

    def clean(self):
        data = super().clean() or {}
        if data.get("kind") in CERTAIN:  # what is over is certain
            data["probability"] = CERTAIN[data["kind"]]
            data["rotting_days"] = None
        return data


class SettingsView(ModuleView):
    module = "crm"
    level = Level.MANAGE

    def back(self) -> HttpResponse:
        return redirect("crm-pipelines")

    def ask(self, form: Any, title: str, remove_url: str = "") -> HttpResponse:
        context = {"form": form, "title": title, "remove_url": remove_url, "back_url": reverse("crm-pipelines")}
        return render(self.request, "crm/pipeline_form.html", context)

    def saved(self, form: Any) -> bool:
        """Whether it could be; what the database refuses is an error of the form."""
        if not form.is_valid():
            return False
        try:
            with transaction.atomic():
                form.save()
        except IntegrityError:
            form.add_error(None, _("Ce nom est déjà pris : choisissez-en un autre."))
            return False
        messages.success(self.request, _("« %s » est enregistré.") % form.instance)
        return True


class PipelinesView(SettingsView):
    def get(self, request: HttpRequest) -> HttpResponse:
        stages = Stage.objects.annotate(used=Count("deals")).order_by("position", "id")
        by_pipeline: dict[int, list[Stage]] = {}
        for stage in stages:
            by_pipeline.setdefault(stage.pipeline_id, []).append(stage)
        pipelines = [{"pipeline": one, "stages": by_pipeline.get(one.pk, [])} for one in Pipeline.objects.all()]
        context = {"pipelines": pipelines, "reasons": LostReason.objects.all()}
        return render(request, "crm/pipelines.html", context)


class EditView(SettingsView):
    """A pipeline, a stage or a reason: `model` and `form` say which; new where the address has no key."""

    model: Any = Pipeline
    form: Any = PipelineForm
    titles: tuple[Any, Any] = ("", "")  # of a new one, of one that is there

    def found(self) -> Any:
        pk = self.kwargs.get("pk")
        return get_object_or_404(self.model, pk=pk) if pk else self.fresh()

    def fresh(self) -> Any:
        return self.model()

    def get(self, request: HttpRequest, pk: int | None = None) -> HttpResponse:
        return self.show(self.form(instance=self.found()))

    def post(self, request: HttpRequest, pk: int | None = None) -> HttpResponse:
        form = self.form(request.POST, instance=self.found())
        return self.back() if self.saved(form) else self.show(form)

    def show(self, form: Any) -> HttpResponse:
        pk = form.instance.pk
        name = f"crm-{self.model._meta.model_name}-delete"
        return self.ask(form, str(self.titles[bool(pk)]), reverse(name, args=[pk]) if pk else "")


class PipelineEditView(EditView):
    titles = (gettext_lazy("Nouveau circuit"), gettext_lazy("Circuit de vente"))

    def saved(self, form: Any) -> bool:
        if form.instance.pk:
            return super().saved(form)
        if not form.is_valid():
            return False
        form.instance = add_pipeline(form.cleaned_data["name"], by=self.request.user)  # type: ignore[arg-type]
        messages.success(self.request, _("« %s » est créé : donnez-lui ses étapes.") % form.instance)
        return True


class StageEditView(EditView):
    model, form = Stage, StageForm
    titles = (gettext_lazy("Nouvelle étape"), gettext_lazy("Étape"))

    def fresh(self) -> Stage:
        """The last of the open ones, before those where deals are over."""
        pipeline = get_object_or_404(Pipeline, pk=self.kwargs["pipeline"])
        last = pipeline.stages.order_by("-position").values_list("position", flat=True).first() or 0
        return Stage(pipeline=pipeline, position=last + 1)

    def get(self, request: HttpRequest, pk: int | None = None, pipeline: int | None = None) -> HttpResponse:
        return super().get(request, pk)

    def post(self, request: HttpRequest, pk: int | None = None, pipeline: int | None = None) -> HttpResponse:
        return super().post(request, pk)


class ReasonEditView(EditView):
    model, form = LostReason, ReasonForm
    titles = (gettext_lazy("Nouveau motif de perte"), gettext_lazy("Motif de perte"))


class StageMoveView(SettingsView):
    """POST `up` or `down`."""

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        move_stage(get_object_or_404(Stage, pk=pk), -1 if "up" in request.POST else 1, by=request.user)  # type: ignore[arg-type]
        return self.back()


class RemoveView(SettingsView):
    """POST: it goes, unless deals need it."""

    model: Any = Pipeline

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        row = get_object_or_404(self.model, pk=pk)
        try:
            with transaction.atomic():
                row.delete()
        except ProtectedError:
            messages.warning(request, _("« %s » sert à des affaires : archivez-le, ou déplacez-les d’abord.") % row)
        else:
            messages.success(request, _("« %s » est supprimé.") % row)
        return self.back()
