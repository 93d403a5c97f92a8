// Passkeys: asks the browser for one, or for a new one, and sends what it answers as an ordinary form. Without this
// script, or in a browser without passkeys, nothing of it is shown and the login goes on as ever.
"use strict";

(() => {
  const offered = document.querySelector("[data-passkey-offer]");
  if (!window.PublicKeyCredential || !navigator.credentials) {
    return;
  }
  if (offered && PublicKeyCredential.isUserVerifyingPlatformAuthenticatorAvailable) {
    PublicKeyCredential.isUserVerifyingPlatformAuthenticatorAvailable().then((can) => {
      if (can) {
        const { action, elements } = offered.querySelector("form");
        offered.hidden = false;
        fetch(action, { method: "POST", keepalive: true, body: new URLSearchParams({ csrf: elements.csrf.value, seen: "1" }) }).catch(() => {}); // then it comes once more
      }
    });
  }
  for (const part of document.querySelectorAll("[data-passkey-show]")) {
    part.hidden = false;
  }
  for (const part of document.querySelectorAll("[data-passkey-hide]")) {
    part.hidden = true;
  }
  const form = document.querySelector("[data-passkey]");
  if (!form) {
    return;
  }

  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
  const text = (buffer) => btoa(Array.from(new Uint8Array(buffer), (b) => String.fromCharCode(b)).join("")).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  const listed = (all) => (all ?? []).map((one) => ({ ...one, id: bytes(one.id) }));

  // asked is the options as browsers want them: what stands in JSON as letters are bytes.
  function asked(options) {
    const o = { ...options, challenge: bytes(options.challenge) };
    if (o.user) {
      o.user = { ...o.user, id: bytes(o.user.id) };
      o.excludeCredentials = listed(o.excludeCredentials);
    } else {
      o.allowCredentials = listed(o.allowCredentials);
    }
    return o;
  }

  function send(made) {
    const r = made.response;
    const response = { clientDataJSON: text(r.clientDataJSON) };
    if (r.attestationObject) {
      response.attestationObject = text(r.attestationObject);
      response.transports = r.getTransports ? r.getTransports() : [];
    } else {
      response.authenticatorData = text(r.authenticatorData);
      response.signature = text(r.signature);
      if (r.userHandle && r.userHandle.byteLength > 0) {
        response.userHandle = text(r.userHandle);
      }
    }
    form.elements.answer.value = JSON.stringify({ id: made.id, rawId: text(made.rawId), type: made.type, clientExtensionResults: {}, response });
    form.submit();
  }

  async function fetched() {
    const answer = await fetch(form.dataset.from, { cache: "no-store", headers: { Accept: "application/json" } });
    if (!answer.ok) {
      throw new Error(answer.statusText);
    }
    return asked(await answer.json());
  }

  const fault = form.querySelector("[data-passkey-fault]");
  let waiting = null; // the autofill that waits for somebody to choose a passkey; a browser asks for one thing at a time

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    fault.hidden = true;
    waiting?.abort();
    waiting = null;
    try {
      send(form.dataset.passkey === "create"
        ? await navigator.credentials.create({ publicKey: asked(JSON.parse(form.dataset.options)) })
        : await navigator.credentials.get({ publicKey: await fetched() }));
    } catch (why) {
      fault.textContent = why.name === "InvalidStateError" ? form.dataset.known : form.dataset.fault;
      fault.hidden = false;
      autofill();
    }
  });

  // autofill lets the browser offer passkeys in the field for the address. What was asked for is worth nothing after a
  // while: it is asked for again.
  async function autofill() {
    if (form.dataset.autofill === undefined || waiting || !(await PublicKeyCredential.isConditionalMediationAvailable?.())) {
      return;
    }
    const mine = new AbortController();
    waiting = mine;
    const renew = setTimeout(() => {
      if (waiting === mine) {
        waiting = null;
        mine.abort();
        autofill();
      }
    }, Number(form.dataset.autofill) * 1000);
    try {
      send(await navigator.credentials.get({ publicKey: await fetched(), mediation: "conditional", signal: mine.signal }));
    } catch {
      // Nobody chose one, or something else was asked meanwhile: the button is still there.
      if (waiting === mine) {
        waiting = null;
      }
    } finally {
      clearTimeout(renew);
    }
  }
  autofill();
})();
