// An Express application whose policy is that of helmet. On `/strict` only its nonce counts.
import { randomBytes } from "node:crypto";
import express from "express";
import helmet from "helmet";

const app = express();
app.get("/app.js", (_, response) =>
  response.type("js").send("document.documentElement.dataset.ran = 'yes';"));
app.get("/app.css", (_, response) =>
  response.type("css").send("body { margin: 0; font-family: serif } main { padding: 1rem }"));

const page = (nonce) => `<!doctype html>
<html lang="en">
<head><title>Shop</title><meta name="viewport" content="width=device-width">
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/app.css"${nonce}><script src="/app.js"${nonce}></script></head>
<body><main id="main" tabindex="-1"><h1>Shop</h1><p>Hello</p></main></body></html>`;

// Over plain HTTP on loopback nothing can be upgraded.
const usual = helmet({ contentSecurityPolicy: { directives: { upgradeInsecureRequests: null } } });
app.get("/", usual, (_, response) => response.send(page("")));

const strict = (_, response, next) => {
  response.locals.nonce = randomBytes(16).toString("base64");
  const nonce = `'nonce-${response.locals.nonce}'`;
  helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        scriptSrc: [nonce, "'strict-dynamic'"],
        styleSrc: [nonce],
        imgSrc: ["'self'", "data:"],
        connectSrc: ["'self'"],
        formAction: ["'self'"],
        baseUri: ["'none'"],
      },
    },
  })(_, response, next);
};
app.get("/strict", strict, (_, response) =>
  response.send(page(` nonce="${response.locals.nonce}"`)));

const server = app.listen(0, "127.0.0.1", () =>
  console.log(`listening on http://127.0.0.1:${server.address().port}`));
