"""Addresses of ops.<domain>: the Django admin, control-plane models only."""

from django.urls import include, path
from django.views.generic import RedirectView

from policies.admin import PolicyVersionAdmin
from policies.models import PolicyVersion
from vendor.admin import ops

handler400 = "core.views.errors.bad_request"
handler500 = "core.views.errors.server_error"

ops.register(PolicyVersion, PolicyVersionAdmin)

urlpatterns = [
    path("", RedirectView.as_view(url="/admin/"), name="home"),
    path("admin/login/", RedirectView.as_view(pattern_name="account_login", query_string=True)),
    path("admin/", ops.urls),
    path("account/", include("core.accounts.urls")),
]
