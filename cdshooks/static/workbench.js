/* What the workbench cannot do without a script: requests to look at and to copy, and trouble. */
"use strict";

const END = "END_OF_REQUEST";

async function text(address) {
  const answer = await fetch(address);
  return answer.ok ? answer.text() : "No longer kept. Make the call again.";
}

document.addEventListener("toggle", async (event) => {
  const details = event.target;
  if (!details.open || !details.dataset.source) return;
  details.querySelector("pre").textContent = (await text(details.dataset.source)) || "(empty)";
}, true);

document.addEventListener("click", async (event) => {
  const button = event.target.closest("button[data-copy]");
  if (!button) return;
  const said = button.parentElement.querySelector("[role=status]");
  const command = `curl -s -H 'Content-Type: application/json' --data-binary @- '${button.dataset.url}'`;
  try {
    const body = await text(button.dataset.copy);
    await navigator.clipboard.writeText(`${command} <<'${END}'\n${body}\n${END}\n`);
    said.textContent = "Copied";
  } catch {
    said.textContent = "The browser does not allow it; the request is below";
  }
});

function away(words) {
  const place = document.getElementById("trouble");
  place.textContent = words;
  place.hidden = false;
}

document.addEventListener("htmx:responseError", () => away("The service refused this. Reload the page."));
document.addEventListener("htmx:sendError", () => away("The service is not there. Is the demo still running?"));
