"""What an installation is told by its operator: environment, or a TOML file.

Every setting is the variable ``CDSHOOKS_<NAME>``, or ``<name>`` in the TOML file
that ``CDSHOOKS_CONFIG`` names; the environment wins.
"""

import os
import re
import tomllib
from collections.abc import Iterable
from datetime import UTC, date, datetime, tzinfo
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Self
from urllib.parse import SplitResult, urlsplit
from zoneinfo import ZoneInfo

from cryptography.fernet import Fernet
from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    PlainValidator,
    SecretStr,
    ValidationError,
    model_validator,
)
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from cdshooks.errors import SettingsInvalid

_PREFIX = "CDSHOOKS_"
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def listed(value: object) -> object:
    """Comma-separated text as a list; blank items are left out."""
    if isinstance(value, str):
        return [item.strip() for item in value.split(",") if item.strip()]
    return value


def _upper(value: object) -> object:
    return value.upper() if isinstance(value, str) else value


def _split(value: str) -> SplitResult:
    url = urlsplit(value)
    if url.scheme not in ("http", "https") or not url.hostname or "@" in url.netloc:
        raise ValueError("not an http(s) address")
    if url.query or url.fragment or url.port == 0:
        raise ValueError("more than an address")
    return url


def _address(value: str) -> str:
    _split(value)
    return value.rstrip("/")


def _origin(value: str) -> str:
    url = _split(value)
    if url.path not in ("", "/") or "*" in url.netloc:
        raise ValueError("not one origin")
    return f"{url.scheme}://{url.netloc}".lower()


def _zone(name: str) -> str:
    zone_named(name)
    return name


def zone_named(name: str) -> tzinfo:
    """The time zone of this IANA name; raises ValueError where there is none."""
    # UTC must work where the machine has no time zone database.
    if name == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    except (KeyError, OSError) as unknown:
        raise ValueError("not a time zone") from unknown


def _when(value: object) -> date | None:
    """A date, or an instant with its offset."""
    if isinstance(value, str):
        text = value.strip()
        value = date.fromisoformat(text) if _DAY.fullmatch(text) else datetime.fromisoformat(text)
    if isinstance(value, datetime) and value.tzinfo is None:
        raise ValueError("an instant needs its offset")
    if value is None or isinstance(value, date):
        return value
    raise ValueError("neither date nor instant")


def _fernet(key: SecretStr | None) -> SecretStr | None:
    if key is not None:
        Fernet(key.get_secret_value())
    return key


Names = Annotated[tuple[str, ...], NoDecode, BeforeValidator(listed)]
Origin = Annotated[str, AfterValidator(_origin)]
Base = Annotated[str, AfterValidator(_address)]
LOCAL_FHIR = ("http://localhost:*", "http://127.0.0.1:*")
"""FHIR servers on this machine, at any port."""


class Settings(BaseSettings):
    """The settings of ``serve``; a field's description is what an error says it accepts."""

    model_config = SettingsConfigDict(
        env_prefix=_PREFIX, env_ignore_empty=True, extra="ignore", frozen=True
    )

    # Which form runs is the command's choice, so this is no field and no variable sets it.
    demo: ClassVar[bool] = False

    public_url: Annotated[str, AfterValidator(_address)] = Field(
        default="http://127.0.0.1:5000",
        description="the http(s) URL by which clients reach this service, without query",
    )
    auth: Literal["required", "off"] = Field(default="required", description="required or off")
    trusted_clients: Path | None = Field(
        default=None,
        description="the TOML file of the CDS clients that may call, see clients.md; "
        "needed while CDSHOOKS_AUTH is required",
    )
    allow_public_sandbox: bool = Field(
        default=False,
        description="true or false; true lets the public CDS Hooks Sandbox be a trusted client "
        "of serve, although anybody can sign as it: for synthetic patients only",
    )
    allow_plain_http: bool = Field(
        default=False,
        description="true or false; true lets serve require authentication at an http address, "
        "where tokens and patients' data can be read on the way: to try it only",
    )
    admin_token: SecretStr | None = Field(
        default=None,
        min_length=16,
        description="16 characters or more, the bearer token of whoever reads /metrics "
        "and /insights",
    )
    allowed_origins: Annotated[tuple[Origin, ...], NoDecode, BeforeValidator(listed)] = Field(
        default=(),
        description="origins such as https://ehr.example.org, comma-separated, no *",
    )
    profile: Annotated[Names, Field(min_length=1)] = Field(
        default=("default",),
        description="one or more names of profiles, comma-separated; a name that ends in `.yaml` "
        "is the path of a profile of your own",
    )
    prefetch: Literal["core", "full"] = Field(default="core", description="core or full")
    fhir_allowed: Annotated[tuple[Base, ...], NoDecode, BeforeValidator(listed)] = Field(
        default=(),
        description=(
            "base URLs such as https://ehr.example.org/fhir, comma-separated, of FHIR servers "
            "that may be read for callers that are not authenticated; the demo also reads any "
            "on localhost"
        ),
    )
    timezone: Annotated[str, AfterValidator(_zone)] = Field(
        default="UTC",
        description="a time zone of the IANA database, such as Europe/Zurich",
    )
    today: Annotated[date | None, PlainValidator(_when)] = Field(
        default=None,
        description="a date (2026-06-01) or an instant (2026-06-01T09:30:00+02:00)",
    )
    max_body_bytes: int = Field(
        default=10 * 1024 * 1024, ge=1, description="a whole number of bytes, 1 or more"
    )
    max_entries: int = Field(
        default=10_000,
        ge=1,
        description="a whole number, 1 or more: the most entries of one Bundle in prefetch",
    )
    max_calls: int = Field(
        default=16,
        ge=1,
        le=256,
        description="a whole number, 1 to 256, of calls that one process answers at a time; as "
        "many again wait, for DEADLINE_MS at most, and the others are told to come back",
    )
    deadline_ms: int = Field(
        default=2000, ge=1, description="a whole number of milliseconds, 1 or more"
    )
    database_url: str = Field(
        default="",
        repr=False,
        description="sqlite:////folder/file.db or postgresql://user:password@host/database; "
        "without it a SQLite file in the user's data folder",
    )
    hash_key: SecretStr | None = Field(
        default=None,
        min_length=32,
        description="32 characters or more, the secret under which patients and users are "
        "hashed; needed with PostgreSQL, else made once inside the SQLite file",
    )
    comment_key: Annotated[SecretStr | None, AfterValidator(_fernet)] = Field(
        default=None,
        description="a Fernet key, under which comments in feedback are kept encrypted; "
        "without it they are not kept",
    )
    keep_cards_days: int = Field(
        default=800,
        ge=366,
        description="a whole number of days, 366 or more, for which cards and feedback are kept",
    )
    keep_audit_days: int = Field(
        default=2192,
        ge=1,
        description="a whole number of days, 1 or more, for which the audit is kept",
    )
    tracing: bool = Field(
        default=False,
        description="true or false; true sends traces of calls, without patient data, by "
        "OpenTelemetry to where OTEL_EXPORTER_OTLP_ENDPOINT says; needs the extra tracing",
    )
    log_level: Annotated[Literal["DEBUG", "INFO", "WARNING", "ERROR"], BeforeValidator(_upper)] = (
        Field(default="INFO", description="DEBUG, INFO, WARNING or ERROR")
    )

    @model_validator(mode="after")
    def _no_invented_day(self) -> Self:
        if self.today is not None and self.auth == "required":
            raise SettingsInvalid(
                f"{_PREFIX}TODAY: refused while {_PREFIX}AUTH is required: "
                "real patients are judged by the real day"
            )
        return self

    @property
    def open_fhir_servers(self) -> tuple[str, ...]:
        """The FHIR servers that may be read for callers of whom nothing is known."""
        return (*self.fhir_allowed, *LOCAL_FHIR) if self.demo else self.fhir_allowed

    @property
    def store_url(self) -> str:
        """The URL of the store, configured or in the user's data folder."""
        if self.database_url:
            return self.database_url
        folder = os.environ.get("XDG_DATA_HOME") or str(Path("~/.local/share").expanduser())
        return f"sqlite:///{folder}/cdshooks/{'demo' if self.demo else 'store'}.db"

    @property
    def zone(self) -> tzinfo:
        """The time zone whose calendar days count."""
        return zone_named(self.timezone)

    def at(self, url: str) -> Self:
        """These settings, reached at ``url`` unless a public URL was configured."""
        if "public_url" in self.model_fields_set:
            return self
        return self.model_copy(update={"public_url": url})

    @classmethod
    def load(cls) -> Self:
        """The settings of this process; raises SettingsInvalid naming the variable."""
        try:
            return cls()
        except ValidationError as problem:
            raise SettingsInvalid("; ".join(_explained(cls, problem))) from None

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments over environment over file; neither dotenv nor secret files."""
        file = _config_file()
        if file is None:
            return init_settings, env_settings
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, file)


class DemoSettings(Settings):
    """The settings of ``demo``: nothing to set up, so no client authentication."""

    demo: ClassVar[bool] = True

    auth: Literal["required", "off"] = Field(default="off", description="required or off")


def _config_file() -> Path | None:
    """The TOML file, proven readable: pydantic-settings passes over one that is not there."""
    name = os.environ.get(f"{_PREFIX}CONFIG")
    if not name:
        return None
    try:
        written = tomllib.loads(Path(name).read_text(encoding="utf-8"))
    except OSError as problem:
        raise SettingsInvalid(
            f"{_PREFIX}CONFIG: expected a TOML file: {name}: {problem.strerror}"
        ) from None
    except ValueError as problem:
        raise SettingsInvalid(
            f"{_PREFIX}CONFIG: expected a TOML file in UTF-8: {name}: {problem}"
        ) from None
    unknown = [key for key in written if key not in Settings.model_fields]
    if unknown:
        raise SettingsInvalid("; ".join(f"{_PREFIX}CONFIG: {_no_such(key)}" for key in unknown))
    return Path(name)


def _no_such(key: str) -> str:
    """What is said of a key that is no setting: most are slips of the pen."""
    meant = _meant(key.lower())
    return f"{key}: no such setting{f'; is {meant} meant?' if meant else ''}"


def _meant(name: str) -> str | None:
    return next(iter(get_close_matches(name, Settings.model_fields, n=1, cutoff=0.75)), None)


def slips(variables: Iterable[str]) -> tuple[str, ...]:
    """Names of variables that look like settings and are none, each with the one that is meant.

    Others are passed over: an orchestrator sets variables of this prefix for its own use.
    """
    names = [name.removeprefix(_PREFIX) for name in variables if name.startswith(_PREFIX)]
    unknown = [name for name in names if name.lower() not in Settings.model_fields]
    found = {name: _meant(name.lower()) for name in unknown if name != "CONFIG"}
    return tuple(
        f"{_PREFIX}{name}: no such setting; is {_PREFIX}{meant.upper()} meant?"
        for name, meant in found.items()
        if meant
    )


def _explained(cls: type[Settings], problem: ValidationError) -> list[str]:
    """One sentence a setting. Values are left out: later ones will be secrets."""
    names = dict.fromkeys(str(error["loc"][0]) for error in problem.errors(include_input=False))
    return [f"{_PREFIX}{name.upper()}: expected {_accepts(cls, name)}" for name in names]


def _accepts(cls: type[Settings], name: str) -> Any:
    return cls.model_fields[name].description
