"""What is under deploy/ fits the service: names of metrics, settings, ports and files."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from cdshooks.http.tally import ANSWERS, STANDINGS
from cdshooks.services import services
from cdshooks.settings import Settings
from tests.support import calls, fhir_calls, metrics

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
KUBERNETES = DEPLOY / "kubernetes"
GUIDE = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
METRIC = re.compile(r"\bcdshooks_[a-z_]+")
SELECTOR = re.compile(r'(\w+)(?:=~|!=|=)"([^"]*)"')
OF_ANYBODY = {"job"}
"""Labels that Prometheus adds."""


def alerts() -> list[dict[str, Any]]:
    groups = yaml.safe_load((DEPLOY / "prometheus" / "alerts.yaml").read_bytes())["groups"]
    return [rule for group in groups for rule in group["rules"]]


def expressions() -> Iterator[str]:
    yield from (alert["expr"] for alert in alerts())
    board = json.loads((DEPLOY / "grafana" / "dashboard.json").read_bytes())
    for panel in board["panels"]:
        yield from (target["expr"] for target in panel.get("targets", ()))


@pytest.fixture(scope="module")
def page() -> metrics.Page:
    """Everything that is exported, also once a FHIR server was read."""
    return metrics.page(fhir_calls.app())


def test_alerts_and_dashboard_ask_for_metrics_that_exist(page: metrics.Page) -> None:
    used = {name for text in expressions() for name in METRIC.findall(text)}
    assert used - page.names == set()


def test_alerts_and_dashboard_select_by_values_that_exist(page: metrics.Page) -> None:
    for text in expressions():
        for label, value in SELECTOR.findall(text):
            if label not in OF_ANYBODY:
                assert set(value.split("|")) <= page.labels(label), text


def test_every_metric_is_seen_on_the_dashboard_and_told_in_the_guide(page: metrics.Page) -> None:
    shown = " ".join(expressions())
    families = {re.sub(r"_(bucket|count|sum)$", "", name) for name in page.names}
    assert {name for name in families if name not in shown} == set()
    assert {name for name in families if f"`{name}`" not in GUIDE} == set()
    for word in (*STANDINGS, *ANSWERS, *page.labels("outcome")):
        assert f"`{word}`" in GUIDE, word


def test_every_alert_says_what_to_do() -> None:
    places = {"#" + _anchor(line) for line in GUIDE.splitlines() if line.startswith("#")}
    for alert in alerts():
        runbook = alert["annotations"]["runbook"]
        assert runbook.startswith("docs/operations.md#")
        assert runbook.removeprefix("docs/operations.md") in places, runbook
        assert alert["labels"]["severity"] in ("page", "ticket", "review")
        assert f"`{alert['alert']}`" in GUIDE


def _anchor(heading: str) -> str:
    """The address of a heading, as code forges make it."""
    words = re.sub(r"[^\w\s-]", "", heading.lstrip("#").strip().lower())
    return words.replace(" ", "-")


def test_every_alert_is_tested() -> None:
    tests = yaml.safe_load((DEPLOY / "prometheus" / "alerts_test.yaml").read_bytes())["tests"]
    tried = {
        case["alertname"]
        for test in tests
        for case in test.get("alert_rule_test", ())
        if case["exp_alerts"]
    }
    assert {alert["alert"] for alert in alerts()} == tried


def test_variables_are_settings() -> None:
    known = {f"CDSHOOKS_{name.upper()}" for name in Settings.model_fields} | {"CDSHOOKS_CONFIG"}
    for file in DEPLOY.rglob("*.yaml"):
        text = file.read_text(encoding="utf-8")
        # The ones that Kubernetes would make are not ours.
        used = set(re.findall(r"\bCDSHOOKS_[A-Z_]+\b", text)) - {"CDSHOOKS_"}
        assert used <= known, file.name


def test_the_example_of_settings_is_refused_until_it_is_filled_in(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from cdshooks.errors import SettingsInvalid

    file = DEPLOY / "compose" / "settings.example.toml"
    monkeypatch.setenv("CDSHOOKS_CONFIG", str(file))
    with pytest.raises(SettingsInvalid, match=r"HASH_KEY.*32 characters"):
        Settings.load()


def test_every_manifest_is_in_the_kustomization_except_the_upgrade() -> None:
    named = yaml.safe_load((KUBERNETES / "kustomization.yaml").read_bytes())["resources"]
    there = {file.name for file in KUBERNETES.glob("*.yaml")}
    assert there - set(named) == {"kustomization.yaml", "upgrade.yaml"}
    assert set(named) <= there


def test_containers_run_as_the_user_and_on_the_port_of_the_image() -> None:
    image = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    [port] = re.findall(r"^EXPOSE (\d+)", image, re.MULTILINE)
    [user] = re.findall(r"^USER (\d+)", image, re.MULTILINE)
    pods = [_pod(name) for name in ("deployment", "prune", "upgrade")]
    assert {pod["securityContext"]["runAsUser"] for pod in pods} == {int(user)}
    [container] = pods[0]["containers"]
    assert container["ports"][0]["containerPort"] == int(port)
    assert port in container["args"]
    assert f"cdshooks:{port}" in (DEPLOY / "compose" / "nginx.conf").read_text(encoding="utf-8")
    assert f'--port", "{port}"' in image


def test_every_pod_runs_without_rights_on_a_root_that_it_cannot_write() -> None:
    for pod in map(_pod, ("deployment", "prune", "upgrade")):
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["automountServiceAccountToken"] is False
        for container in pod["containers"]:
            rights = container["securityContext"]
            assert rights["readOnlyRootFilesystem"] is True
            assert rights["allowPrivilegeEscalation"] is False
            assert rights["capabilities"] == {"drop": ["ALL"]}
            assert set(container["resources"]) == {"requests", "limits"}


def _pod(name: str) -> dict[str, Any]:
    body = yaml.safe_load((KUBERNETES / f"{name}.yaml").read_bytes())["spec"]
    while "containers" not in body:
        body = body.get("jobTemplate") or body.get("template") or body["spec"]
    return dict(body)


def test_what_is_for_the_inside_is_not_on_the_proxy() -> None:
    ingress = yaml.safe_load((KUBERNETES / "ingress.yaml").read_bytes())
    [host] = ingress["spec"]["rules"]
    paths = {entry["path"] for entry in host["http"]["paths"]}
    proxy = (DEPLOY / "compose" / "nginx.conf").read_text(encoding="utf-8")
    [named] = re.findall(r"location ~ \^/\+\(([^)]*)\)", proxy)
    assert {"/" + path.replace("\\", "") for path in named.split("|")} == paths
    assert paths == {"/cds-services", "/rules", "/static", "/openapi.json"}
    assert calls.path_of(services()[0].hook).startswith("/cds-services/")
