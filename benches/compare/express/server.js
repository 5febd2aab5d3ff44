// The page of the comparison in Express, with a filter as one writes it by hand.
// `node server.js PAGE` serves the file, and says where.
import { readFileSync } from "node:fs";
import express from "express";

const page = readFileSync(process.argv[2]);
const categories = new Map([
  ["sessionid", "base"],
  ["csrftoken", "base"],
  ["_pk_id.1", "stats"],
  ["_ga", "ads"],
  ["_fbp", "ads"],
]);

const choices = (request) => {
  for (const pair of (request.headers.cookie ?? "").split(";")) {
    const [name, value] = pair.trim().split("=", 2);
    if (name !== "cookies_preferences") continue;
    try {
      return JSON.parse(decodeURIComponent(value));
    } catch {
      return {};
    }
  }
  return {};
};

const filter = (request, response, next) => {
  const chosen = choices(request);
  const set = response.cookie.bind(response);
  response.cookie = (name, ...rest) => {
    const category = categories.get(name);
    const isAllowed = category === "base" || chosen[category] === true;
    return isAllowed ? set(name, ...rest) : response;
  };
  next();
};

const app = express();
app.use(filter);
app.get("/", (_, response) => {
  response.cookie("sessionid", "4f1c0d8a", { httpOnly: true, sameSite: "lax" });
  response.cookie("csrftoken", "a93e7c51", { sameSite: "lax" });
  for (const name of ["_pk_id.1", "_ga", "_fbp"]) {
    response.cookie(name, "1.2.1790000000", { maxAge: 33_696_000_000, sameSite: "lax" });
  }
  response.type("html").send(page);
});

const server = app.listen(0, "127.0.0.1", () =>
  console.log(`listening on http://127.0.0.1:${server.address().port}`));
