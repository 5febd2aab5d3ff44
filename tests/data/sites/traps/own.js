// Everything by which a script can make a browser ask somebody else.
let number = 0;
const url = (path, scheme = 'http') => `${scheme}://n${String(++number).padStart(2, '0')}.script.test/${path}`;
const attempt = (act) => {
  try {
    const promise = act();
    if (promise?.catch) promise.catch(() => {});
  } catch (_) {}
};
const insert = (name, fields) => document.body.append(Object.assign(document.createElement(name), fields));
const write = (html) => document.getElementById('end').insertAdjacentHTML('beforeend', html);
const rule = (text) => {
  const style = document.createElement('style');
  style.textContent = text;
  document.head.append(style);
};
const worker = (name) => new Worker(name).postMessage(0);

attempt(() => fetch(url('fetch'), { mode: 'no-cors' }));
attempt(() => fetch(url('cors')));
attempt(() => fetch(url('keepalive'), { mode: 'no-cors', keepalive: true, method: 'POST', body: 'x' }));
attempt(() => fetch(`/traps/away?to=${encodeURIComponent(url('redirected'))}`, { mode: 'no-cors' }));
attempt(() => {
  const request = new XMLHttpRequest();
  request.open('GET', url('xhr'));
  request.send();
});
attempt(() => navigator.sendBeacon(url('beacon'), 'x'));
attempt(() => { new Image().src = url('image'); });
attempt(() => { new Image().srcset = `${url('srcset')} 2x`; });
attempt(() => { new Image().src = `/traps/away?to=${encodeURIComponent(url('redirected.png'))}`; });
attempt(() => new Audio(url('audio.mp3')).load());
attempt(() => new WebSocket(url('socket', 'ws')));
attempt(() => new WebSocket(url('socket', 'wss')));
attempt(() => new EventSource(url('events')));
attempt(() => import(url('module.js', 'https')));
attempt(() => new FontFace('made', `url(${url('font.woff2', 'https')})`).load());
attempt(() => insert('script', { src: url('script.js') }));
attempt(() => insert('script', { src: url('module.js', 'https'), type: 'module' }));
attempt(() => insert('iframe', { src: url('frame') }));
attempt(() => insert('iframe', { srcdoc: `<img src=${url('srcdoc.png')}>` }));
attempt(() => insert('object', { data: url('object.svg'), type: 'image/svg+xml' }));
attempt(() => insert('embed', { src: url('embed.svg'), type: 'image/svg+xml' }));
attempt(() => insert('video', { src: url('video.mp4'), poster: url('poster.png'), preload: 'auto' }));
attempt(() => insert('link', { rel: 'stylesheet', href: url('sheet.css') }));
attempt(() => insert('link', { rel: 'preload', as: 'image', href: url('preload.png') }));
attempt(() => insert('link', { rel: 'prefetch', href: url('prefetch') }));
attempt(() => insert('link', { rel: 'icon', href: url('icon.png') }));
attempt(() => rule(`@import "${url('import.css')}";`));
attempt(() => rule(`#end { border-image: url(${url('border.png')}) 1 }`));
attempt(() => { document.getElementById('host').style.backgroundImage = `url(${url('style.png')})`; });
attempt(() => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`body { background-image: url(${url('adopted.png')}) }`);
  document.adoptedStyleSheets.push(sheet);
});
attempt(() => write(`<img src=${url('inner.png')}><iframe src=${url('inner-frame')}></iframe>`));
attempt(() => document.body.append(document.getElementById('later').content.cloneNode(true)));
attempt(() => {
  const shadow = document.createElement('div').attachShadow({ mode: 'closed' });
  shadow.innerHTML = `<img src=${url('closed.png')}>`;
});
attempt(() => {
  const frame = document.createElement('iframe');
  document.body.append(frame);
  frame.contentDocument.write(`<script src=${url('blank.js')}></` + 'script>');
  frame.contentDocument.close();
  frame.contentWindow.fetch(url('blank'), { mode: 'no-cors' }).catch(() => {});
});
attempt(() => {
  const page = new Blob([`<img src=${url('blob.png')}>`], { type: 'text/html' });
  insert('iframe', { src: URL.createObjectURL(page) });
});
attempt(() => {
  const code = `fetch('${url('blob-worker')}', { mode: 'no-cors' }); importScripts('${url('import.js')}')`;
  worker(URL.createObjectURL(new Blob([code])));
});
attempt(() => worker(`data:text/javascript,fetch('${url('data-worker')}', {mode:'no-cors'})`));
attempt(() => worker('/traps/worker.js'));
attempt(() => new SharedWorker('/traps/shared.js', String(Math.random())));
attempt(() => eval(`new Image().src = '${url('eval.png')}'`));
attempt(() => setTimeout(`new Image().src = '${url('timer.png')}'`, 0));
attempt(() => {
  const form = document.createElement('form');
  const frame = Object.assign(document.createElement('iframe'), { name: 'posted' });
  Object.assign(form, { action: url('form', 'https'), method: 'post', target: 'posted' });
  document.body.append(frame, form);
  form.submit();
});
attempt(() => CSS.paintWorklet?.addModule(url('paint.js', 'https')));
attempt(() => new AudioContext().audioWorklet.addModule(url('audio.js', 'https')));
attempt(() => document.getElementById('ping').click());
attempt(() => document.getElementById('ping2').click());
attempt(() => {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'image');
  svg.setAttribute('href', url('svg.png'));
  document.querySelector('svg').append(svg);
});
attempt(() => {
  const xslt = document.implementation.createHTMLDocument('');
  xslt.body.innerHTML = `<img src=${url('inert.png')}>`;
});
addEventListener('pagehide', () => {
  attempt(() => navigator.sendBeacon(url('leaving'), 'x'));
  attempt(() => fetch(url('leaving'), { mode: 'no-cors', keepalive: true }));
});
fetch('/traps/ran?own');
