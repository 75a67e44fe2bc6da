"""Addresses of a client's instance."""

from django.conf import settings
from django.urls import include, path
from django.views.generic import RedirectView

from backups.views import BackupsView, BackupView, ChangedView, FoundView, RecoveryView, RestorationView, WithdrawalView
from backups.views_downloads import BackupArchiveView, DownloadRequestView, DownloadView
from core.accounts.views import support
from core.views import (
    bin,  # noqa: A004 - the bin of the screens
    custom_fields,
    dashboards,
    extractions,
    files,
    import_columns,
    imports,
    jobs,
    mail,
    notifications,
    shell,
    tags,
)
from crm.views.unsubscribing import ResubscribeView, UnsubscribeView
from interfaces.intake import IntakeView
from policies import views as policies
from vendor.settings import InstanceSettingsView
from vendor.views import ArchiveView, ExitView, ReceiptView

handler400 = "core.views.errors.bad_request"
handler500 = "core.views.errors.server_error"

urlpatterns = [
    path("", dashboards.HomeView.as_view(), name="home"),
    path("home/tiles/", dashboards.HomeTilesView.as_view(), name="home-tiles"),
    path("dashboards/<slug:module>/", dashboards.DashboardView.as_view(), name="dashboard"),
    path("palette/", shell.PaletteView.as_view(), name="palette"),
    path("preferences/", shell.preferences, name="prefs"),
    path("brand.css", shell.brand, name="brand"),
    path("brand/logo", shell.logo, name="logo"),
    path("people/", include("core.accounts.urls_people")),
    path("imports/", imports.ImportsView.as_view(), name="imports"),
    path("imports/<int:pk>/", imports.BatchView.as_view(), name="import-batch"),
    path("imports/<int:pk>/columns/", import_columns.ColumnsView.as_view(), name="import-columns"),
    path("imports/<int:pk>/layout/", import_columns.LayoutView.as_view(), name="import-layout"),
    path("imports/<int:pk>/commit/", imports.CommitView.as_view(), name="import-commit"),
    path("imports/<int:pk>/undo/", imports.UndoView.as_view(), name="import-undo"),
    path("imports/<int:pk>/refused/", imports.RefusedView.as_view(), name="import-refused"),
    path("jobs/", jobs.JobsView.as_view(), name="jobs"),
    path("jobs/<int:pk>/", jobs.JobView.as_view(), name="job"),
    path("jobs/<int:pk>/card/", jobs.JobCardView.as_view(), name="job-card"),
    path("jobs/<int:pk>/cancellation/", jobs.JobCancelView.as_view(), name="job-cancel"),
    path("jobs/<int:pk>/file/", jobs.JobFileView.as_view(), name="job-file"),
    path("mail/", mail.OutboxView.as_view(), name="mail"),
    path("mail/settings/", mail.MailSettingsView.as_view(), name="mail-settings"),
    path("mail/signature/", mail.SignatureView.as_view(), name="mail-signature"),
    path("mail/<int:pk>/delivery/", mail.DeliveryView.as_view(), name="mail-delivery"),
    path("mail/<int:pk>/settlement/", mail.SettlementView.as_view(), name="mail-settlement"),
    path("backups/", BackupsView.as_view(), name="backups"),
    path("backups/<int:seq>/", BackupView.as_view(), name="backup"),
    path("backups/<int:seq>/recovery/", RecoveryView.as_view(), name="backup-recovery"),
    path("backups/<int:seq>/restoration/", RestorationView.as_view(), name="backup-restoration"),
    path("backups/<int:seq>/download/", DownloadRequestView.as_view(), name="backup-download-request"),
    path("backups/downloads/<int:pk>/", DownloadView.as_view(), name="backup-download"),
    path("backups/archive/<str:token>/", BackupArchiveView.as_view(), name="backup-archive"),
    path("backups/withdrawal/", WithdrawalView.as_view(), name="backup-withdrawal"),
    path("backups/found/<int:pk>/", FoundView.as_view(), name="backup-found"),
    path("backups/changed/<int:pk>/", ChangedView.as_view(), name="backup-changed"),
    path("bin/", bin.BinView.as_view(), name="bin"),
    path("bin/<int:pk>/restoration/", bin.RestoreView.as_view(), name="bin-restore"),
    path("bin/<int:pk>/destruction/", bin.DestructionView.as_view(), name="bin-destroy"),
    path("bin/<str:operation>/undo/", bin.UndoView.as_view(), name="bin-undo"),
    path("extractions/", extractions.ExtractionsView.as_view(), name="extractions"),
    path("extractions/<int:pk>/", extractions.ExtractionView.as_view(), name="extraction"),
    path("extractions/<int:pk>/file/", extractions.ExtractionFileView.as_view(), name="extraction-file"),
    path("notifications/", notifications.NotificationsView.as_view(), name="notifications"),
    path("notifications/preferences/", notifications.PreferencesView.as_view(), name="my-preferences"),
    path("notifications/<int:pk>/", notifications.NotificationView.as_view(), name="notification"),
    path("files/<str:token>/", files.StoredFileView.as_view(), name="file"),
    path("settings/fields/", custom_fields.FieldsView.as_view(), name="custom-fields"),
    path("settings/fields/new/", custom_fields.NewView.as_view(), name="custom-field-new"),
    path("settings/fields/order/", custom_fields.OrderView.as_view(), name="custom-field-order"),
    path("settings/fields/<int:pk>/", custom_fields.ChangeView.as_view(), name="custom-field"),
    path("settings/fields/<int:pk>/archive/", custom_fields.ArchiveView.as_view(), name="custom-field-archive"),
    path(
        "settings/fields/<int:pk>/restoration/",
        custom_fields.ArchiveView.as_view(restores=True),
        name="custom-field-restore",
    ),
    path("settings/fields/<int:pk>/deletion/", custom_fields.DeletionView.as_view(), name="custom-field-delete"),
    path("settings/instance/", InstanceSettingsView.as_view(), name="instance-settings"),
    path("settings/interfaces/", include("interfaces.urls")),
    path("intake/<str:token>/", IntakeView.as_view(), name="intake"),
    path("d/<str:token>", UnsubscribeView.as_view(), name="unsubscribe"),
    path("d/retour/<str:token>", ResubscribeView.as_view(), name="resubscribe"),
    path("tags/", tags.TagLookup.as_view(), name="tags"),
    path("confidentialite/", policies.privacy, name="privacy"),
    path("confidentialite/lecture/", policies.ReadingView.as_view(), name="policy-reading"),
    path("support/enter/<str:ticket>/", support.EnterView.as_view(), name="support-enter"),
    path("support/leave/", support.LeaveView.as_view(), name="support-leave"),
    path("sortie/", ExitView.as_view(), name="exit"),
    path("sortie/archive/", ArchiveView.as_view(), name="exit-archive"),
    path("sortie/recu/", ReceiptView.as_view(), name="exit-receipt"),
    path("styleguide", shell.styleguide, name="styleguide"),
    path("account/signup/", RedirectView.as_view(pattern_name="account_login"), name="account_signup"),
    path("account/", include("core.accounts.urls")),
    path("api/", include("core.api.urls")),
    path("crm/", include("crm.urls")),
]
if settings.DEMO:
    urlpatterns.append(path("demo/mail/", include("config.inbox.views")))
