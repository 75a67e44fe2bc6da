"""What allauth's views lack."""

from allauth.account.views import LogoutView as AllauthLogoutView
from django.http import HttpRequest, HttpResponse


class LogoutView(AllauthLogoutView):
    """Signing out also empties what the browser kept of the instance; the theme, a cookie, stays."""

    def post(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        response = super().post(request, *args, **kwargs)
        response.headers["Clear-Site-Data"] = '"cache", "storage"'
        return response
