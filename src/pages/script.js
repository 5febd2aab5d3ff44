(() => {
  // Names of elements that someone injected hide members of `document`, of forms and of `window`: those
  // are taken from the prototypes, where no element can hide them.
  const doc = document;
  const get = (type, name, of) => Reflect.get(type.prototype, name, of);
  const call = (type, name, of, ...given) => Reflect.apply(type.prototype[name], of, given);
  const all = (selector) => call(Document, "querySelectorAll", doc, selector);
  const on = (of, name, act) => call(EventTarget, "addEventListener", of, name, act);
  const me = get(Document, "currentScript", doc);
  if (!(me instanceof HTMLScriptElement)) return;
  const { nonce, dataset } = me, signals = dataset.signals.split(" ").filter(Boolean);
  // Links are relative to the page, and not to a `<base>`.
  const page = new URL(location.href), state_url = new URL(dataset.state, page);
  const is_own = (url) => url.protocol === page.protocol && url.host === page.host;
  if (!is_own(state_url)) return;
  let state = null, sent = 0;
  const units = (some) => some ? some.categories.flatMap((c) => [c, ...c.services]) : [];
  const has = (some, id) => units(some).some((unit) => unit.id === id && unit.allowed === true);
  const allows = (id) => has(state, id);
  // Google reads an arguments object, and passes over an array.
  const tell = function () {
    if (!signals.length) return;
    if (!Array.isArray(window.dataLayer)) window.dataLayer = [];
    window.dataLayer.push(arguments);
  };
  // For `require-trusted-types-for 'script'`. Without leave to make one, plain text has to do.
  const rules = { createScript: (text) => text, createScriptURL: (text) => text };
  let trusted = null;
  const trust = () => {
    try {
      return (trusted ||= trustedTypes.createPolicy("tower-cookie-consent", rules));
    } catch {
      return (trusted = rules);
    }
  };
  // What a script starts passes `'strict-dynamic'`: so it takes the nonce, where this script has one,
  // and a tag that swallowed no other (CSP3, "is element nonceable").
  const may_start = (held) => held instanceof HTMLScriptElement && allows(held.dataset.consent) && (!nonce
    || held.nonce === nonce && ![...held.attributes].some((a) => /<(script|style)/i.test(a.name + " " + a.value)));
  const begin = (held) => {
    const run = call(Document, "createElement", doc, "script");
    for (const { name, value } of held.attributes) {
      if (/^(type|nonce|data-consent)$/.test(name)) continue;
      run.setAttribute(name, name === "src" ? trust().createScriptURL(value)
        : /^on/.test(name) ? trust().createScript(value) : value);
    }
    if (held.dataset.type) run.type = held.dataset.type;
    run.nonce = held.nonce;
    if (held.text) run.text = trust().createScript(held.text);
    held.replaceWith(run);
  };
  const start = () => all('script[type="text/plain"][data-consent]').forEach((held) => {
    try {
      if (may_start(held)) begin(held);
    } catch (error) {
      console.warn(error);
    }
  });
  const take = (next) => {
    const lost = units(state).some((unit) => unit.allowed && !has(next, unit.id));
    state = next;
    const asked = { categories: next.categories.filter((c) => c.basis === "consent") };
    const granted = units(asked).some((unit) => unit.allowed || unit.answer);
    all(".tcc-withdraw").forEach((form) => call(Element, "toggleAttribute", form, "hidden", !granted));
    if (!next.needs_choice) all(".tcc-banner").forEach((banner) => call(Element, "remove", banner));
    tell("consent", "update", next.consent_mode);
    call(EventTarget, "dispatchEvent", doc, new CustomEvent("cookieconsent", { detail: next }));
    // What runs can't be unloaded.
    lost ? location.reload() : start();
  };
  const json = async (url, options) => {
    const headers = { Accept: "application/json" };
    const answer = await fetch(url, { headers, cache: "no-store", mode: "same-origin", ...options });
    const next = await answer.json();
    if (!answer.ok || !Array.isArray(next.categories)) throw answer;
    return next;
  };
  const ask = async () => {
    const before = sent, next = await json(state_url).catch(() => null);
    // An answer from before a choice is too old.
    if (next && before === sent) take(next);
  };
  const send = async (form, button, url) => {
    sent++;
    let next;
    try {
      next = await json(url, { method: "POST", body: new URLSearchParams(new FormData(form, button)) });
    } catch {
      call(Element, "removeAttribute", form, "data-cookie-consent");
      return call(HTMLFormElement, "requestSubmit", form, button);
    }
    sent++;
    all(".tcc-notice").forEach((old) => call(Element, "remove", old));
    const main = call(Document, "getElementById", doc, dataset.main);
    const notice = call(Document, "createElement", doc, "p");
    notice.className = "tcc-notice";
    notice.setAttribute("role", "status");
    if (main instanceof HTMLElement) {
      call(Element, "prepend", main, notice);
      call(HTMLElement, "focus", main);
    }
    notice.textContent = dataset.saved;
    take(next);
  };
  tell("consent", "default", Object.fromEntries(signals.map((signal) => [signal, "denied"])));
  window.cookieConsent = { allows, get state() { return state; } };
  on(doc, "submit", (event) => {
    const { target: form, submitter: button } = event;
    if (!button || !call(Element, "hasAttribute", form, "data-cookie-consent")) return;
    // Beside the state, and nowhere else: what it answers counts.
    const url = new URL(call(Element, "getAttribute", form, "action"), page);
    if (!is_own(url) || url.pathname !== new URL("preferences", state_url).pathname) return;
    event.preventDefault();
    send(form, button, url);
  });
  on(window, "pageshow", (event) => event.persisted && ask());
  get(Document, "prerendering", doc) ? on(doc, "prerenderingchange", ask) : ask();
})();
