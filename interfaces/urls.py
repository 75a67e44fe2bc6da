"""Addresses of the register of written requests."""

from django.urls import path

from interfaces.views import keys, requests

urlpatterns = [
    path("", requests.RequestsView.as_view(), name="interfaces"),
    path("new/", requests.EditorView.as_view(), name="interface-new"),
    path("<int:pk>/", requests.RequestView.as_view(), name="interface"),
    path("<int:pk>/edit/", requests.DraftView.as_view(), name="interface-edit"),
    path("<int:pk>/document/", requests.DocumentView.as_view(), name="interface-document"),
    path("<int:pk>/activation/", requests.ActivationView.as_view(), name="interface-activation"),
    path("<int:pk>/revocation/", requests.RevocationView.as_view(), name="interface-revocation"),
    path("<int:pk>/deletion/", requests.DeletionView.as_view(), name="interface-deletion"),
    path("<int:pk>/keys/new/", keys.NewKeyView.as_view(), name="interface-key-new"),
    path("<int:pk>/forms/new/", keys.NewFormView.as_view(), name="interface-form-new"),
    path("<int:pk>/keys/<int:key>/revocation/", keys.KeyRevocationView.as_view(), name="interface-key-revocation"),
    path("<int:pk>/webhooks/new/", keys.NewWebhookView.as_view(), name="interface-webhook-new"),
    path("<int:pk>/webhooks/<int:webhook>/", keys.WebhookView.as_view(), name="interface-webhook"),
    path("<int:pk>/webhooks/<int:webhook>/switch/", keys.SwitchView.as_view(), name="interface-webhook-switch"),
    path("<int:pk>/webhooks/<int:webhook>/replay/", keys.ReplayView.as_view(), name="interface-webhook-replay"),
]
