fetch('/strict/ran?part');
fetch('https://api.script.test/part', { mode: 'no-cors' }).catch(() => {});
