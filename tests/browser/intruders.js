// What an attack has made of this page, if anything; and which attacks it shows.
const [attacks] = arguments;
const made = [];
const tell = (what, element) => made.push(`${what}: ${element.outerHTML.slice(0, 200)}`);
const foreign = "iframe, object, embed, base, math, foreignObject, animate, set, audio, video, " +
    "marquee, template, meta[http-equiv], style, .intruder";

for (const element of document.querySelectorAll(foreign)) {
    tell("an element", element);
}
for (const script of document.scripts) {
    if (!script.src && script.type !== "application/json") {
        tell("a script", script);
    }
}
for (const element of document.querySelectorAll("*")) {
    for (const {name, value} of element.attributes) {
        const hides = value === "display: none;";  // what scripts of Django write
        if (name.startsWith("on") || (name === "style" && !hides)) {
            tell(`the attribute ${name}`, element);
        }
    }
    for (const name of ["href", "src", "action", "formAction"]) {
        const address = element[name]?.baseVal ?? element[name];
        if (typeof address === "string" && !/^$|^#/.test(address) &&
                !address.startsWith(`${location.origin}/`)) {
            tell(`an address, ${address.slice(0, 80)}`, element);
        }
    }
}
if (Object.prototype.intruder || document.cookie.includes("intruder")) {
    made.push("a property or a cookie");
}

const plain = (text) => text.replace(/\s+/g, " ");
const values = [...document.querySelectorAll("textarea, input")].map(({value}) => value);
const text = plain([document.documentElement.textContent, ...values].join("\n"));
const isShown = (attack) =>
    text.includes(plain(attack)) || text.includes(plain(JSON.stringify(attack).slice(1, -1)));
const shown = attacks.filter(isShown).length;
return {made: [...new Set(made)], shown};
