"""Settings from the environment, with defaults for one machine.

Read `docs/operations.md` for the list. Secrets that nobody set are generated once into `.local/`,
never fixed in code.
"""

import secrets
from pathlib import Path
from urllib.parse import unquote

import environ
from csp.constants import NONCE, NONE, SELF

BASE_DIR = Path(__file__).resolve().parent.parent
LOCAL_DIR = Path(environ.Env()("LOCAL_DIR", default=str(BASE_DIR / ".local")))
env = environ.Env()


def _local_secret(name: str) -> str:
    """A secret of this installation, made on first use and readable by its owner only."""
    path = LOCAL_DIR / name
    if not path.exists():
        LOCAL_DIR.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(50))
    return path.read_text().strip()


def _database(url: str) -> dict:
    """Parse a database URL; a socket's folder stands percent-encoded in the place of the host."""
    config = environ.Env.db_url_config(url, engine="django.contrib.gis.db.backends.postgis")
    config["HOST"] = unquote(config["HOST"])
    return config


def _database_url() -> str:
    """DATABASE_URL, or the private cluster that `scripts/database` started."""
    if url := env("DATABASE_URL", default=""):
        return url
    path = LOCAL_DIR / "database.url"
    return path.read_text().strip() if path.exists() else "postgis:///gis_projects"


DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env("SECRET_KEY", default="") or _local_secret("secret_key")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.contrib.gis",
    "django.contrib.postgres",
    "axes",
    "leaflet",
    "django_filters",
    "django_vite",
    "rest_framework",
    "rest_framework_gis",
    "drf_spectacular",
    "django_tasks",
    "django_tasks_db",
    "layers",
    "siting",
    "gis_projects",
    "gis_projects.trail",
    "gis_projects.people",
    "gis_projects.clock",
    "gis_projects.library",
    "gis_projects.sites",
    "gis_projects.argument",
    "gis_projects.reporting",
    "gis_projects.atlas",
    "gis_projects.disclosure",
    "gis_projects.publishing",
    "gis_projects.desk",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "gis_projects.guards.private_unless_said",
    "gis_projects.guards.body_limit",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "gis_projects.urls"
WSGI_APPLICATION = "gis_projects.wsgi.application"

_CONTEXT = [
    "django.template.context_processors.request",
    "django.template.context_processors.i18n",
    "django.contrib.auth.context_processors.auth",
    "django.contrib.messages.context_processors.messages",
    "csp.context_processors.nonce",
    "gis_projects.page.navigation",
    "gis_projects.page.notices",
    "gis_projects.page.unread",
]
# PUBLIC_ONLY=1 starts a process for the public alone; what it leaves out stands at the end.
PUBLIC_ONLY = env.bool("PUBLIC_ONLY", default=False)
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "frontend" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": _CONTEXT[:2] if PUBLIC_ONLY else _CONTEXT,
        },
    }
]

# --- database -------------------------------------------------------------------------------------
_default = _database(_database_url())
_default |= {
    "CONN_MAX_AGE": 600,
    "CONN_HEALTH_CHECKS": True,
    "TEST": {"NAME": env("TEST_DATABASE", default="test_gis_projects")},
}
# The public side signs in to the same database as a role that can read only the disclosure tables.
PUBLIC_DATABASE_ROLE = "gis_projects_public"
_public_url = env("PUBLIC_DATABASE_URL", default="")
_public = (_database(_public_url) if _public_url else {**_default, "USER": PUBLIC_DATABASE_ROLE}) | {
    "CONN_MAX_AGE": 600,
    "CONN_HEALTH_CHECKS": True,
    # Tests meet the one test database as this role; they don't empty its tables through it.
    "TEST": {"MIRROR": "default"},
}
DATABASES = {"default": _default, "public": _public}
# Django warns that an old GDAL can't be kept from files and the network when it parses a foreign coordinate system.
# We never hand it any: foreign files are opened only by layers/reading, confined, and with another GDAL.
SILENCED_SYSTEM_CHECKS = ["gis.W001"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- people ---------------------------------------------------------------------------------------
AUTH_USER_MODEL = "people.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "gis_projects.people.backends.Accounts",
]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("username", "full_name", "email")},
    },
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
    {"NAME": "gis_projects.people.password_rules.NotTheUserName"},
    {"NAME": "gis_projects.people.password_rules.NotOneOfTheLast", "OPTIONS": {"keep": 5}},
]
# An older password lets nobody in before it is changed; 0: none is too old.
PASSWORD_MAX_DAYS = env.int("PASSWORD_MAX_DAYS", default=0)
# Applications of units from one network address within an hour; more have to wait.
REGISTRATIONS_PER_HOUR = env.int("REGISTRATIONS_PER_HOUR", default=5)
# Sign-in through an identity provider (OpenID Connect): off unless its address is set. Accounts are made here; the
# claim says which one signs in.
OIDC_ISSUER = env("OIDC_ISSUER", default="")
OIDC_CLIENT_ID = env("OIDC_CLIENT_ID", default="")
OIDC_CLIENT_SECRET = env("OIDC_CLIENT_SECRET", default="")
OIDC_USERNAME_CLAIM = env("OIDC_USERNAME_CLAIM", default="preferred_username")
OIDC_NAME = env("OIDC_NAME", default="统一身份认证")
LOGIN_URL = "people:login"
LOGIN_REDIRECT_URL = "desk:home"
LOGOUT_REDIRECT_URL = "disclosure:map"
AXES_FAILURE_LIMIT = 8
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_IPWARE_PROXY_COUNT = env.int("PROXY_COUNT", default=0) or None
AXES_VERBOSE = False
AXES_LOCKOUT_CALLABLE = "gis_projects.people.views.signing.locked_out"

# --- language and time ----------------------------------------------------------------------------
LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "中文"), ("en", "English")]
LOCALE_PATHS = [BASE_DIR / "gis_projects" / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Shanghai"

# --- files ----------------------------------------------------------------------------------------
STATIC_URL = "static/"
STATIC_ROOT = Path(env("STATIC_ROOT", default=str(LOCAL_DIR / "static")))
STATICFILES_DIRS = [BASE_DIR / "frontend" / "dist"]
MEDIA_ROOT = Path(env("MEDIA_ROOT", default=str(LOCAL_DIR / "media")))
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedStaticFilesStorage"},
}
MAX_BODY_BYTES = 106 * 1024 * 1024  # of any request: the largest file taken (a video), in its form
DATA_UPLOAD_MAX_MEMORY_SIZE = 32 * 1024 * 1024  # a drawn boundary with very many vertices
FILE_UPLOAD_MAX_MEMORY_SIZE = 8 * 1024 * 1024
# Layers' files arrive in parts, each a request of its own, and stand here until they are published or given up.
UPLOAD_ROOT = Path(env("UPLOAD_ROOT", default=str(LOCAL_DIR / "uploads")))
UPLOAD_MAX_BYTES = env.int("UPLOAD_MAX_BYTES", default=4 * 1024**3)  # of one file
UPLOAD_TOTAL_BYTES = env.int("UPLOAD_TOTAL_BYTES", default=40 * 1024**3)  # of all that stand there together
UPLOAD_CHUNK_BYTES = 8 * 1024 * 1024  # of one part
UPLOAD_DAYS = env.int("UPLOAD_DAYS", default=7)  # an upload that nobody goes on with is given up
# Kept tiles are given out by the server in front (X-Accel-Redirect) from below this internal address; docs/nginx.conf.
TILES_ACCEL = env("TILES_ACCEL", default="")
TILE_CACHE_BYTES = env.int("TILE_CACHE_BYTES", default=2 * 1024**3)
DJANGO_VITE = {
    "default": {
        "dev_mode": False,
        "manifest_path": BASE_DIR / "frontend" / "dist" / "manifest.json",
        "static_url_prefix": "",
    }
}

# --- the map --------------------------------------------------------------------------------------
# One source for extent, base maps and scale; templates and the bundle read it through django-leaflet.
REGION_CODE = env("REGION_CODE", default="150200")
TIANDITU_KEY = env("TIANDITU_KEY", default="")


def _tianditu_tiles(layer: str) -> str:
    """A 天地图 layer in Web Mercator; it needs the bureau's own key."""
    return (
        f"https://t{{s}}.tianditu.gov.cn/{layer}_w/wmts?SERVICE=WMTS&REQUEST=GetTile&VERSION=1.0.0&LAYER={layer}"
        "&STYLE=default&TILEMATRIXSET=w&FORMAT=tiles&TILEMATRIX={z}&TILEROW={y}&TILECOL={x}"
        f"&tk={TIANDITU_KEY}"
    )


LEAFLET_CONFIG = {
    "SPATIAL_EXTENT": (109.2, 40.2, 111.45, 42.75),
    "DEFAULT_CENTER": (40.62, 109.9),
    "DEFAULT_ZOOM": 11,
    "MIN_ZOOM": 7,
    "MAX_ZOOM": 18,
    # The default base map is our own layers: the inner network has no internet.
    "TILES": [
        (name, _tianditu_tiles(layer), {"subdomains": "01234567", "attribution": "天地图", "maxZoom": 18})
        for name, layer in ([("天地图矢量", "vec"), ("天地图影像", "img")] if TIANDITU_KEY else [])
    ],
    "NO_GLOBALS": False,
    "RESET_VIEW": False,
    "SCALE": "metric",
    "ATTRIBUTION_PREFIX": "",
}

# --- open data ------------------------------------------------------------------------------------
# Who publishes the files below /public/open-data/, under which licence, and the prefix of project identifiers that the
# Open Contracting for Infrastructure Data Standard has given this publisher (docs/open-data.md says how to get one).
OPEN_DATA = {
    "publisher": env("OPEN_DATA_PUBLISHER", default="包头市项目策划生成平台"),
    "publisher_url": env("OPEN_DATA_PUBLISHER_URL", default=""),
    "licence": env("OPEN_DATA_LICENCE", default="CC BY 4.0"),
    "licence_url": env("OPEN_DATA_LICENCE_URL", default="https://creativecommons.org/licenses/by/4.0/"),
    "policy_url": env("OPEN_DATA_POLICY_URL", default=""),
    "oc4ids_prefix": env("OC4IDS_PREFIX", default="oc4ids-unregistered"),
}

# --- safety ---------------------------------------------------------------------------------------
_tianditu = ["https://*.tianditu.gov.cn"] if TIANDITU_KEY else []
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF, NONCE],
        "style-src": [SELF, NONCE],
        "style-src-attr": ["'unsafe-inline'"],  # Leaflet places its panes by style attributes
        "img-src": [SELF, "data:", "blob:", *_tianditu],
        "connect-src": [SELF],
        "font-src": [SELF],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
HTTPS = env.bool("HTTPS", default=False)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SECURE_HSTS_SECONDS = 31536000 if HTTPS else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SESSION_ENGINE = "gis_projects.people.sessions"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_AGE = 12 * 3600  # a working day
CSRF_FAILURE_VIEW = "gis_projects.problems.csrf_failure"
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
# Ed25519 private key (PEM) that signs checks; made on first use where none is given.
# How the outside calls this installation, for the QR codes of reports; empty: as the request does.
PUBLIC_ADDRESS = env("PUBLIC_ADDRESS", default="")
# A bureau's own Word templates of reports, by the names of ours.
WORD_TEMPLATES = env("WORD_TEMPLATES", default="")
# Of one question that a check asks the layers; what takes longer is not checked.
CHECK_STATEMENT_TIMEOUT_MS = env.int("CHECK_STATEMENT_TIMEOUT_MS", default=15_000)
SIGNING_KEY_PATH = Path(env("SIGNING_KEY_PATH", default=str(LOCAL_DIR / "signing_key.pem")))

# --- jobs -----------------------------------------------------------------------------------------
TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend", "QUEUES": []}}
# In how many processes a re-validation checks sites, beside the worker that runs it.
REVALIDATION_PROCESSES = env.int("REVALIDATION_PROCESSES", default=1)

# --- mail -----------------------------------------------------------------------------------------
# The server that takes letters (smtp+tls://name:password@host:587); without one, none are written.
_mail_server = env("EMAIL_URL", default="")
SENDS_MAIL = bool(_mail_server)
if SENDS_MAIL:
    vars().update(environ.Env.email_url_config(_mail_server))
DEFAULT_FROM_EMAIL = env("MAIL_FROM", default="noreply@localhost")
EMAIL_TIMEOUT = 20  # seconds

# --- plausibility of a site's boundary ------------------------------------------------------------
# Declared area: what it may differ from the measured one. Likely duplicates: from which score (0 to 100) a project is
# listed, from which it is flagged, and how far around a boundary others are looked for.
SITE_PLAUSIBILITY = {
    "area_tolerance_share": env.float("SITE_AREA_TOLERANCE", default=0.001),
    "duplicate_possible": env.float("DUPLICATE_POSSIBLE", default=55.0),
    "duplicate_likely": env.float("DUPLICATE_LIKELY", default=75.0),
    "duplicate_radius_m": env.float("DUPLICATE_RADIUS_M", default=2000.0),
}

# --- API ------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.SessionAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_PARSER_CLASSES": [
        "gis_projects.parsing.JSONParser",
        "rest_framework.parsers.FormParser",
        "rest_framework.parsers.MultiPartParser",
    ],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_PAGINATION_CLASS": "rest_framework.pagination.LimitOffsetPagination",
    "PAGE_SIZE": 100,
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_THROTTLE_CLASSES": ["rest_framework.throttling.UserRateThrottle"],
    "DEFAULT_THROTTLE_RATES": {"user": env("API_RATE", default="1200/min")},
    "EXCEPTION_HANDLER": "gis_projects.problems.handle",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "gis-projects API",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.IsAuthenticated"],
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "gis_projects.api_description.describe_problems",
    ],
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"console": {"class": "logging.StreamHandler"}},
    "root": {"handlers": ["console"], "level": env("LOG_LEVEL", default="WARNING")},
}

# --- a process for the public only ----------------------------------------------------------------
# A process that knows the public's tables and pages and nothing else: no accounts, no sessions, no
# address of the inside, and a database connection that could read no more if it were asked to.
if PUBLIC_ONLY:
    INSTALLED_APPS = [
        "django.contrib.staticfiles",
        "django.contrib.humanize",
        "django.contrib.gis",
        "django.contrib.postgres",
        "leaflet",
        "django_vite",
        "rest_framework",
        "gis_projects.disclosure",
    ]
    MIDDLEWARE = [
        "django.middleware.security.SecurityMiddleware",
        "gis_projects.guards.private_unless_said",
        "gis_projects.guards.body_limit",
        "csp.middleware.CSPMiddleware",
        "whitenoise.middleware.WhiteNoiseMiddleware",
        "django.middleware.locale.LocaleMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.middleware.clickjacking.XFrameOptionsMiddleware",
    ]
    ROOT_URLCONF = "gis_projects.public_urls"
    DATABASES = {"default": _public, "public": _public}
    AUTHENTICATION_BACKENDS = []
    AUTH_PASSWORD_VALIDATORS = []
    AUTH_USER_MODEL = "auth.User"  # Django's own default; its app isn't installed, so nobody has an account
    MAX_BODY_BYTES = 1024 * 1024  # a comment
    REST_FRAMEWORK = REST_FRAMEWORK | {
        "DEFAULT_AUTHENTICATION_CLASSES": [],
        "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.AllowAny"],
        "DEFAULT_FILTER_BACKENDS": [],
        "UNAUTHENTICATED_USER": None,
    }
