fetch('http://o01.script.test/worker', { mode: 'no-cors' }).catch(() => {});
fetch('/traps/ran?worker');
try {
  importScripts('http://o02.script.test/import.js');
} catch (_) {}
