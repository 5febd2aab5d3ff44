fetch('http://o03.script.test/shared', { mode: 'no-cors' }).catch(() => {});
fetch('/traps/ran?shared');
