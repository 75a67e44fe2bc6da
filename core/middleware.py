"""The author of changes, told to the database before a view that may write."""

from core import audit


class Audit:
    """A request that may write says who it is before the view runs; one that only reads costs nothing."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_view(self, request, view, args, kwargs):
        if request.method not in ("GET", "HEAD", "OPTIONS") and getattr(request, "client", None) is not None:
            match = request.resolver_match
            audit.tell(actor=request.user if request.user.is_authenticated else None, screen=match.view_name or "")
