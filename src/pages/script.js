(() => {
  const me = document.currentScript.dataset, doc = document;
  const signals = me.signals.split(" ").filter(Boolean);
  let state = null;
  const all = (selector) => doc.querySelectorAll(selector);
  const has = (some, id) => !!some && some.categories.some((c) => c.id === id && c.allowed);
  const allows = (id) => has(state, id);
  // Google reads an arguments object, and passes over an array.
  const tell = function () { signals.length && (window.dataLayer ||= []).push(arguments); };
  const start = () => all('script[type="text/plain"][data-consent]').forEach((held) => {
    if (!allows(held.dataset.consent)) return;
    const run = doc.createElement("script");
    for (const { name, value } of held.attributes) {
      if (!/^(type|nonce|data-consent)$/.test(name)) run.setAttribute(name, value);
    }
    if (held.dataset.type) run.type = held.dataset.type;
    run.nonce = held.nonce;
    run.text = held.text;
    held.replaceWith(run);
  });
  const take = (next) => {
    const lost = state && state.categories.some((c) => c.allowed && !has(next, c.id));
    state = next;
    const granted = next.categories.some((c) => c.basis === "consent" && (c.allowed || c.answer));
    all(".tcc-withdraw").forEach((form) => { form.hidden = !granted; });
    if (!next.needs_choice) all(".tcc-banner").forEach((banner) => banner.remove());
    tell("consent", "update", next.consent_mode);
    doc.dispatchEvent(new CustomEvent("cookieconsent", { detail: next }));
    // What runs can't be unloaded.
    lost ? location.reload() : start();
  };
  const json = async (url, options) => {
    const answer = await fetch(url, { headers: { Accept: "application/json" }, cache: "no-store", ...options });
    if (!answer.ok) throw answer;
    return answer.json();
  };
  const ask = () => json(me.state).then(take, () => {});
  const send = async (form, button) => {
    try {
      const next = await json(form.action, { method: "POST", body: new URLSearchParams(new FormData(form, button)) });
      all(".tcc-notice").forEach((old) => old.remove());
      const main = doc.getElementById(me.main), notice = doc.createElement("p");
      notice.className = "tcc-notice";
      notice.setAttribute("role", "status");
      if (main) main.prepend(notice), main.focus();
      notice.textContent = me.saved;
      take(next);
    } catch {
      form.removeAttribute("data-cookie-consent");
      form.requestSubmit(button);
    }
  };
  tell("consent", "default", Object.fromEntries(signals.map((signal) => [signal, "denied"])));
  window.cookieConsent = { allows, get state() { return state; } };
  doc.addEventListener("submit", (event) => {
    if (!event.target.matches("form[data-cookie-consent]") || !event.submitter) return;
    event.preventDefault();
    send(event.target, event.submitter);
  });
  addEventListener("pageshow", (event) => event.persisted && ask());
  doc.prerendering ? doc.addEventListener("prerenderingchange", ask, { once: true }) : ask();
})();
