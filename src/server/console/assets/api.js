// Lists the operations of the OpenAPI document, each with a form that sends it.
"use strict";

const root = document.getElementById("operations");
const words = root.dataset;
// What the document says is written in English; the page may know it in its own language.
const texts = JSON.parse(words.texts);
const say = (text) => texts[text] ?? text;

function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key in made && typeof value !== "string") made[key] = value; else made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
}

// An example of a schema: what stands there as example, else something of its type.
function example(schema, document_, depth = 0) {
  if (!schema || depth > 6) return null;
  if (schema.$ref) return example(document_.components.schemas[schema.$ref.split("/").pop()], document_, depth + 1);
  if (schema.example !== undefined) return schema.example;
  if (schema.default !== undefined) return schema.default;
  if (schema.enum) return schema.enum[0];
  if (schema.allOf) return Object.assign({}, ...schema.allOf.map((part) => example(part, document_, depth + 1)));
  const choice = schema.oneOf ?? schema.anyOf;
  if (choice) return example(choice.find((part) => part.type !== "null"), document_, depth + 1);
  const type = Array.isArray(schema.type) ? schema.type.find((part) => part !== "null") : schema.type;
  if (type === "object") {
    const made = {};
    for (const name of schema.required ?? []) made[name] = example(schema.properties?.[name], document_, depth + 1);
    return made;
  }
  return { array: [], boolean: false, integer: 0, number: 0, string: "" }[type] ?? null;
}

let count = 0;

function operation(path, method, spec, document_) {
  const id = `operation-${count++}`;
  const form = element("form", { class: "try" });
  const inputs = [];
  for (const parameter of spec.parameters ?? []) {
    const input = element("input", { id: `${id}-${parameter.name}`, name: parameter.name });
    if (parameter.required) input.required = true;
    inputs.push([parameter, input]);
    const hint = element("small", { id: `${id}-${parameter.name}-hint` }, say(parameter.description ?? ""));
    input.setAttribute("aria-describedby", hint.id);
    form.append(element("div", {}, element("label", { for: input.id }, parameter.name + (parameter.required ? " *" : "")), input, hint));
  }
  const content = spec.requestBody?.content?.["application/json"];
  let body;
  if (content) {
    body = element("textarea", { id: `${id}-body`, rows: "6", spellcheck: "false" });
    body.value = JSON.stringify(example(content.schema, document_), null, 2);
    form.append(element("div", { class: "wide" }, element("label", { for: body.id }, words.body), body));
  }
  const button = element("button", {}, words.send);
  const answer = element("pre", { tabindex: "0", hidden: true, "aria-label": words.answer });
  form.append(element("p", {}, button));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const query = new URLSearchParams();
    let target = path;
    for (const [parameter, input] of inputs) {
      if (parameter.in === "path") target = target.replace(`{${parameter.name}}`, encodeURIComponent(input.value));
      else if (input.value !== "") query.set(parameter.name, input.value);
    }
    if ([...query].length) target += `?${query}`;
    const request = { method: method.toUpperCase() };
    if (body) Object.assign(request, { body: body.value, headers: { "content-type": "application/json" } });
    answer.hidden = false;
    answer.textContent = `${request.method} ${target}\n…`;
    const stop = new AbortController();
    try {
      const response = await fetch(target, { ...request, signal: stop.signal });
      const head = `${request.method} ${target}\n${response.status} ${response.statusText}\n\n`;
      if (response.headers.get("content-type")?.startsWith("text/event-stream")) {
        answer.textContent = head;
        const quit = element("button", { type: "button" }, words.stop);
        quit.addEventListener("click", () => { stop.abort(); quit.remove(); });
        button.after(" ", quit);
        for await (const part of response.body.pipeThrough(new TextDecoderStream())) answer.textContent += part;
        return;
      }
      const text = await response.text();
      try { answer.textContent = head + JSON.stringify(JSON.parse(text), null, 2); } catch { answer.textContent = head + text; }
    } catch (error) {
      answer.textContent += `\n${error}`;
    }
  });
  const summary = element("summary", {}, element("b", { class: `method ${method}` }, method.toUpperCase()), " ", element("code", {}, path), " ",
    element("span", { class: "quiet" }, say(spec.summary ?? (spec.description ?? "").split(". ")[0])));
  return element("details", { class: "operation" }, summary, element("p", {}, say(spec.description ?? "")), form, answer);
}

const answer = await fetch("/api/v1/openapi.json").then((response) => response.json());
const tags = new Map();
for (const [path, methods] of Object.entries(answer.paths)) {
  for (const [method, spec] of Object.entries(methods)) {
    const tag = spec.tags?.[0] ?? "";
    if (!tags.has(tag)) tags.set(tag, []);
    tags.get(tag).push(operation(path, method, spec, answer));
  }
}
root.replaceChildren(...[...tags.entries()].sort().flatMap(([tag, operations]) => [element("h2", {}, tag), ...operations]));
