fetch('https://worker.script.test/of-worker', { mode: 'no-cors' }).catch(() => {});
try {
  importScripts('https://import.script.test/import.js');
} catch (_) {}
postMessage('worker');
