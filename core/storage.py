"""Static files: hashed names, compressed once at collectstatic, our own ES modules included."""

from django.contrib.staticfiles.storage import HashedFilesMixin
from whitenoise.storage import CompressedManifestStaticFilesStorage

# Every form of import and export; the first item of the pair is the glob "*.js", which is too wide for us.
MODULE_IMPORTS = HashedFilesMixin._js_module_import_aggregation_patterns[1]  # type: ignore[attr-defined]


class StaticStorage(CompressedManifestStaticFilesStorage):
    # Django's own switch (support_js_module_import_aggregation) also reads third-party files, whose comments trip it.
    patterns = (*HashedFilesMixin.patterns, ("js/*.js", MODULE_IMPORTS))
