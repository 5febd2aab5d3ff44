(() => {
  // Names of elements that someone injected hide members of `document`, of forms and of `window`: those
  // are taken from the prototypes, where no element can hide them.
  const doc = document;
  const get = (type, name, of) => Reflect.get(type.prototype, name, of);
  const call = (type, name, of, ...given) => Reflect.apply(type.prototype[name], of, given);
  const all = (selector) => call(Document, "querySelectorAll", doc, selector);
  const clear = (selector) => all(selector).forEach((old) => call(Element, "remove", old));
  const on = (of, name, act) => call(EventTarget, "addEventListener", of, name, act);
  const me = get(Document, "currentScript", doc);
  if (!(me instanceof HTMLScriptElement)) return;
  const { nonce, dataset } = me, signals = dataset.signals.split(" ").filter(Boolean);
  // Links are relative to the page, and not to a `<base>`.
  const page = new URL(location), state_url = new URL(dataset.state, page);
  const is_own = (url) => url.protocol === page.protocol && url.host === page.host;
  if (!is_own(state_url)) return;
  let state = null, sent = 0;
  const units = (some) => some ? some.categories.flatMap((c) => [c, ...c.services]) : [];
  const has = (some, id) => units(some).some((unit) => unit.id === id && unit.allowed === true);
  const allows = (id) => has(state, id);
  // Google reads an arguments object, and passes over an array.
  const tell = function (_, kind, { ad_storage = "denied", analytics_storage: stats = "denied" } = {}) {
    if (!signals[0]) return;
    if (!Array.isArray(window.dataLayer)) window.dataLayer = [];
    dataLayer.push(arguments);
    // Microsoft's tags read these when they load: UET takes one signal, and Clarity two, in its own spelling.
    guard(() => {
      window.uetq instanceof Object && uetq.push instanceof Function || (window.uetq = []);
      uetq.push("consent", kind, { ad_storage });
      window.clarity instanceof Function || (window.clarity = function () { (clarity.q ||= []).push(arguments) });
      clarity("consentv2", { ad_Storage: ad_storage, analytics_Storage: stats });
    });
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
  const label = (held) => call(Element, "getAttribute", held, "data-consent").split(/\s+/).filter(Boolean);
  const may_start = (held) => label(held).length > 0 && label(held).every(allows);
  // Attributes that the gate renames; others that begin like these are the site's own. A frame's own document
  // (`data-consent-srcdoc`) comes with the page anew: markup that someone injected must not become a page of the site.
  const renamed = /^data-consent-(src|srcset|href|xlink:href|data|poster|imagesrcset|background|content|ping|attributionsrc|to|from|by|values|type|sandbox)$/;
  // Links and bases load nothing, and an address with code is not for us to start: nobody may make
  // markup run that would not run as it is.
  const leads = (held, name, value) => /href$/.test(name) && /^(a|area|base)$/.test(get(Element, "localName", held))
    || /(^|;)javascript:/i.test(value.replace(/[\0- ]/g, ""))
    // What keeps a frame in stays.
    || name === "sandbox" && held.hasAttribute(name);
  const restore = (held) => {
    // What a frame may do has to be known before it loads.
    for (const { name, value } of [...get(Element, "attributes", held)]
      .sort((a, b) => /sandbox$/.test(b.name) - /sandbox$/.test(a.name))) {
      const [, real] = renamed.exec(name) ?? [];
      if (!real || leads(held, real, value)) continue;
      call(Element, "setAttributeNS", held, /^xlink/.test(real) ? "http://www.w3.org/1999/xlink" : null, real, value);
      call(Element, "removeAttribute", held, name);
      // Of some, browsers read attributes only when they are put in.
      const media = held instanceof HTMLSourceElement && held.parentNode;
      if (media instanceof HTMLMediaElement && media.networkState % 3 === 0) media.load();
      if (real === "imagesrcset" || held instanceof HTMLTrackElement || held instanceof HTMLMetaElement)
        held.replaceWith(held);
    }
    // The placeholder: the gate lists which of these it added.
    (call(Element, "getAttribute", held, "data-consent-added")?.match(/srcdoc|title|id|hidden/g) ?? [])
      .concat("data-consent-added").forEach((name) => call(Element, "removeAttribute", held, name));
  };
  // "Just this once": nothing is stored.
  const offer = (root, held, done) => root?.querySelectorAll(".tcc-once[hidden]").forEach((button) => {
    button.removeAttribute("hidden");
    on(button, "click", () => {
      restore(held);
      done?.();
      call(HTMLElement, "focus", held);
    });
  });
  // What a script starts passes `'strict-dynamic'`: so it takes the nonce, where this script has one,
  // and a tag that swallowed no other (CSP3, "is element nonceable").
  const may_run = (held) => (held instanceof HTMLScriptElement || held instanceof SVGScriptElement)
    && may_start(held) && (!nonce
    || held.nonce === nonce && ![...held.attributes].some((a) => /<(script|style)/i.test(a.name + " " + a.value)));
  const begin = (held) => {
    const run = call(Document, "createElement", doc, "script");
    for (const { name: own, value } of held.attributes) {
      if (/^(type|nonce|data-consent)$/.test(own)) continue;
      let name = renamed.exec(own)?.[1] ?? own;
      if (held instanceof SVGScriptElement) name = name.replace(/^(xlink:)?href$/, "src");
      run.setAttribute(name, name === "src" ? trust().createScriptURL(value)
        : /^on/.test(name) ? trust().createScript(value) : value);
    }
    if (held.dataset.type) run.type = held.dataset.type;
    run.nonce = held.nonce;
    run.async = held.hasAttribute("async");
    if (held.textContent) run.text = trust().createScript(held.textContent);
    return run;
  };
  const begun = new WeakSet();
  const guard = (act) => {
    try {
      return act();
    } catch (error) {
      console.warn(error);
    }
  };
  const start = async () => {
    all(".tcc-held-inline").forEach((box) => guard(() => allows(box.dataset.service) && box.remove()));
    all("[data-consent]:not(script,[data-consent-srcdoc])").forEach((held) =>
      guard(() => may_start(held) && restore(held)));
    // As in a document: one with a text of its own runs after those before it that load.
    const loading = [];
    for (const held of all('script[type="text/plain"][data-consent]')) {
      if (begun.has(held) || !guard(() => may_run(held))) continue;
      begun.add(held);
      const run = guard(() => begin(held)), loads = run?.hasAttribute("src");
      if (run && !loads) await Promise.all(loading);
      if (!run || !may_run(held)) continue;
      guard(() => held.replaceWith(run));
      if (!loads || run.async || run.defer || run.noModule || !/^$|script/i.test(run.type)) continue;
      loading.push(new Promise((done) => ["load", "error"].forEach((end) => on(run, end, done))));
    }
  };
  // What was refused is removed from the browser's storage; of two names that fit, the longer one counts.
  const forget = ({ refused, kept }) => {
    const fit = (key, names) => Math.max(-1, ...names.map((name) => name === key ? Infinity
      : /\*$/.test(name) && key.startsWith(name.slice(0, -1)) ? name.length : -1));
    for (const area of ["localStorage", "sessionStorage"]) guard(() => Object.keys(window[area])
      .forEach((key) => fit(key, refused) > fit(key, kept) && window[area].removeItem(key)));
  };
  const take = (next, chosen) => {
    const lost = units(state).some((unit) => unit.allowed && !has(next, unit.id));
    const won = (chosen || state) && units(next).some((unit) => unit.allowed && !allows(unit.id));
    state = next;
    const of = (...bases) => units({ categories: next.categories.filter((c) => bases.includes(c.basis)) });
    const show = (forms, shown) => all(forms).forEach((form) => call(Element, "toggleAttribute", form, "hidden", !shown));
    show(".tcc-withdraw", of("consent").some((unit) => unit.allowed || unit.answer));
    show(".tcc-object", of("exempt", "opt_out").some((unit) => unit.allowed));
    guard(() => forget(next.storage));
    if (!next.needs_choice && !next.needs_notice) clear(".tcc-banner");
    tell("consent", "update", next.consent_mode);
    call(EventTarget, "dispatchEvent", doc, new CustomEvent("cookieconsent", { detail: next }));
    // What runs can't be unloaded, and a Content-Security-Policy can't be widened.
    if (!lost && !(won && ("reload" in dataset
      || [...all("[data-consent][data-consent-srcdoc]")].some(may_start)))) return start();
    // Not a reload, where Firefox gives frames the addresses that they had. From another address it is a
    // navigation in spite of the anchor.
    const here = new URL(location), away = new URL(here);
    if (chosen) here.hash = chosen.get("anchor") || dataset.main;
    away.search += "&";
    history.replaceState(history.state, "", away);
    location.replace(here);
  };
  const json = async (url, options) => {
    const headers = { Accept: "application/json" };
    const answer = await fetch(url, { headers, cache: "no-store", mode: "same-origin", ...options });
    const next = await answer.json();
    // The form itself leads to the page that asks for a confirmation.
    if (!answer.ok || next.confirm || !Array.isArray(next.categories)) throw answer;
    return next;
  };
  const ask = async () => {
    const before = sent, next = await json(state_url).catch(() => null);
    // An answer from before a choice is too old.
    if (next && before === sent) take(next);
  };
  const send = async (form, button, url) => {
    sent++;
    const body = new URLSearchParams(new FormData(form, button));
    let next;
    try {
      next = await json(url, { method: "POST", body });
    } catch {
      call(Element, "removeAttribute", form, "data-cookie-consent");
      return call(HTMLFormElement, "requestSubmit", form, button);
    }
    sent++;
    clear(".tcc-notice");
    // Documents of the gate may have no such element.
    const own = call(Document, "getElementById", doc, dataset.main),
      main = own instanceof HTMLElement ? own : get(Document, "body", doc),
      notice = call(Document, "createElement", doc, "p");
    notice.className = "tcc-notice";
    notice.lang = me.lang;
    notice.dir = me.dir;
    notice.setAttribute("role", "status");
    call(Element, "prepend", main, notice);
    call(HTMLElement, "focus", main);
    notice.textContent = dataset.saved;
    take(next, body);
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
  all("iframe[data-consent-added]").forEach((frame) => {
    const look = () => guard(() => offer(get(HTMLIFrameElement, "contentDocument", frame), frame));
    on(frame, "load", look);
    look();
  });
  all(".tcc-held-inline").forEach((box) => guard(() => offer(box, box.nextElementSibling, () => box.remove())));
  on(window, "pageshow", (event) => event.persisted && ask());
  get(Document, "prerendering", doc) ? on(doc, "prerenderingchange", ask) : ask();
})();
