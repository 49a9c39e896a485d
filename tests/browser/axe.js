// The serious and critical faults that axe-core finds on this page, in one scheme of
// colours. Called with the rules to run (none: all) and what is called with the faults.
const [rules, done] = arguments;
const options = {
    elementRef: false,
    iframes: false,
    preload: false,  // the browser has the style sheets
    resultTypes: ["violations"],
    ...(rules.length ? {runOnly: rules} : {}),
};
// The rows of a list are alike, and Django's list of all models is on each page.
const context = {exclude: ["#result_list tbody tr:nth-child(n + 6)", "#nav-sidebar"]};
// What Django's own templates have: on each page, on each list with a search, and
// where it asks whether to delete.
const isOfDjango = (rule, element) =>
    (rule === "link-in-text-block" &&
        element.closest(".breadcrumbs, .delete-confirmation #content > ul")) ||
    (rule === "label-title-only" && element.matches("#changelist-search #searchbar"));

document.getAnimations().forEach((animation) => animation.finish());
axe.run(context, options).then(({violations}) => {
    const grave = violations.filter(({impact}) => ["serious", "critical"].includes(impact));
    done(grave.flatMap(({id, help, nodes}) => nodes
        .filter(({target}) => !isOfDjango(id, document.querySelector(target[0])))
        .map(({html}) => `${id}, ${help}: ${html.slice(0, 200)}`)));
}, (error) => done([`axe: ${error}`]));
