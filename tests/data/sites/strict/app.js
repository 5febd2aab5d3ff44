// The trusted script: what it inserts is trusted too, with 'strict-dynamic'.
fetch('/strict/ran?app');
const insert = (src) => document.head.append(Object.assign(document.createElement('script'), { src }));
insert('/strict/part.js');
insert('https://tag.script.test/tag.js');
insert('https://s.ytimg.com/player.js');
const worker = new Worker('/strict/worker.js');
worker.onmessage = ({ data }) => fetch(`/strict/ran?${data}`);
import('/strict/imported.js');
import('https://module.script.test/module.js').catch(() => {});
