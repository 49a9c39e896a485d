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

// The texts of this package can be read: 4.5 to 1 (WCAG 2.1, 1.4.3).
const channels = (colour) => {
    const [red, green, blue, alpha = 1] = colour.match(/[\d.]+/g).map(Number);
    return {red, green, blue, alpha};
};
const luminance = ({red, green, blue}) => {
    const [r, g, b] = [red, green, blue].map((value) => value / 255).map(
        (value) => value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const background = (element) => {
    for (let box = element; box; box = box.parentElement) {
        const colour = channels(getComputedStyle(box).backgroundColor);
        if (colour.alpha === 1) {
            return colour;
        }
    }
    return {red: 255, green: 255, blue: 255};
};
settle();
for (const element of document.querySelectorAll("[class*='es-'], [class*='es-'] *")) {
    if (!element.textContent.trim() || !element.checkVisibility()) {
        continue;
    }
    const shades = [luminance(channels(getComputedStyle(element).color)),
                    luminance(background(element))].sort((a, b) => b - a);
    const contrast = (shades[0] + 0.05) / (shades[1] + 0.05);
    if (contrast < 4.5) {
        findings.push(`contrast ${contrast.toFixed(1)}: ${name(element)}`);
    }
}
return findings;
