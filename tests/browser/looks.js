// What a person with a keyboard or weak eyes would stumble over on this page.
const findings = [];
const name = (element) =>
    `<${element.tagName.toLowerCase()} class="${element.className}"> ${
        (element.textContent || element.name || "").replace(/\s+/g, " ").trim().slice(0, 40)}`;

// The page itself and the boxes of the admin that scroll sideways.
const boxes = [document.documentElement, ...document.querySelectorAll("#main, .main, .results, .inline-group")];
for (const box of boxes) {
    if (box.scrollWidth > box.clientWidth) {
        findings.push(`scrolls sideways, ${box.scrollWidth} > ${box.clientWidth}: ${name(box)}`);
    }
}

const headings = [...document.querySelectorAll("h1")].filter((h) => h.checkVisibility());
if (headings.length !== 1 || !headings[0].textContent.trim()) {
    findings.push(`${headings.length} visible h1`);
}
if (!document.title.trim()) {
    findings.push("no title");
}

// A focused element looks different from itself.
const settle = () => document.getAnimations().forEach((animation) => animation.finish());
const look = (element) => {
    settle();
    const style = getComputedStyle(element);
    const outline = style.outlineStyle === "none" ? "" : style.outline;
    return [outline, style.boxShadow, style.borderColor, style.backgroundColor,
            style.textDecorationLine].join();
};
const focusable = "a[href], button, input:not([type=hidden]), select, textarea, summary";
for (const element of [...document.querySelectorAll(focusable)].slice(0, 150)) {
    if (!element.checkVisibility({visibilityProperty: true}) || element.disabled) {
        continue;
    }
    const before = look(element);
    element.focus({focusVisible: true, preventScroll: true});
    if (document.activeElement === element && look(element) === before) {
        findings.push(`looks the same with focus: ${name(element)}`);
    }
    element.blur();
}
return findings;
