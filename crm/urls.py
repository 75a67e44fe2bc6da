from django.urls import include, path

from crm import resources
from crm.models import LostReason, Stage
from crm.views import activities, mailings, pipelines

urlpatterns = [
    path("companies/", include(resources.CompanyResource.urls())),
    path("contacts/", include(resources.ContactResource.urls())),
    path("leads/", include(resources.LeadResource.urls())),
    path("sites/", include(resources.SiteResource.urls())),
    path("deals/", include(resources.DealResource.urls())),
    path("activities/", include(resources.ActivityResource.urls())),
    path("mail-templates/", include(resources.MailTemplateResource.urls())),
    path("mailings/settings/", mailings.MailingSettingsView.as_view(), name="crm-mailing-settings"),
    path("mailings/lists/new/", mailings.ListEditView.as_view(), name="crm-mailinglist-new"),
    path("mailings/lists/<int:pk>/", mailings.ListEditView.as_view(), name="crm-mailinglist"),
    path("mailings/", include(resources.MailingResource.urls())),
    path("feed/", activities.FeedView.as_view(), name="crm-feed"),
    path("feed/<str:token>.ics", activities.ics, name="crm-ics"),
    path("pipelines/", pipelines.PipelinesView.as_view(), name="crm-pipelines"),
    path("pipelines/new/", pipelines.PipelineEditView.as_view(), name="crm-pipeline-new"),
    path("pipelines/<int:pk>/", pipelines.PipelineEditView.as_view(), name="crm-pipeline"),
    path("pipelines/<int:pk>/deletion/", pipelines.RemoveView.as_view(), name="crm-pipeline-delete"),
    path("pipelines/<int:pipeline>/stages/new/", pipelines.StageEditView.as_view(), name="crm-stage-new"),
    path("stages/<int:pk>/", pipelines.StageEditView.as_view(), name="crm-stage"),
    path("stages/<int:pk>/place/", pipelines.StageMoveView.as_view(), name="crm-stage-move"),
    path("stages/<int:pk>/deletion/", pipelines.RemoveView.as_view(model=Stage), name="crm-stage-delete"),
    path("lost-reasons/new/", pipelines.ReasonEditView.as_view(), name="crm-lostreason-new"),
    path("lost-reasons/<int:pk>/", pipelines.ReasonEditView.as_view(), name="crm-lostreason"),
    path(
        "lost-reasons/<int:pk>/deletion/", pipelines.RemoveView.as_view(model=LostReason), name="crm-lostreason-delete"
    ),
]
