// Passkeys: a form[data-passkey] asks the device, then sends what it answered in its field "credential".
// "create" makes a key, "get" uses one. The options lie in the form, or are asked at data-options-url.
const MODES = { create: "parseCreationOptionsFromJSON", get: "parseRequestOptionsFromJSON" };

async function optionsOf(form) {
  if (!form.dataset.optionsUrl) return JSON.parse(form.querySelector('script[type="application/json"]').textContent);
  const answer = await fetch(form.dataset.optionsUrl, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(`options: ${answer.status}`);
  return (await answer.json()).request_options;
}

async function ask(form) {
  const mode = form.dataset.passkey;
  const { publicKey } = await optionsOf(form);
  if (mode === "create") {
    // A passkey proper: kept by the device, which checks who holds it.
    publicKey.authenticatorSelection = {
      ...publicKey.authenticatorSelection, residentKey: "required", requireResidentKey: true, userVerification: "required",
    };
  }
  const credential = await navigator.credentials[mode]({ publicKey: PublicKeyCredential[MODES[mode]](publicKey) });
  return credential.toJSON();
}

for (const form of document.querySelectorAll("form[data-passkey]")) {
  const error = form.querySelector("[data-passkey-error]");
  const say = (text) => {
    error.textContent = text;
    error.hidden = false;
  };
  form.addEventListener("submit", async (event) => {
    if (form.elements.credential.value) return; // asked already: it goes
    event.preventDefault();
    error.hidden = true;
    if (!globalThis.PublicKeyCredential?.[MODES[form.dataset.passkey]]) return say(form.dataset.absent);
    try {
      form.elements.credential.value = JSON.stringify(await ask(form));
      form.requestSubmit();
    } catch (problem) { // refused, or nobody answered: what to do next is said, the rest is for the console
      console.info(problem);
      say(form.dataset.refused);
    }
  });
}
