// Fetch this page again every few seconds, and put the new panel in the place of the old.
"use strict";
{
    const LONGEST = 60; // seconds between tries while the server does not answer

    const begin = (bar) => {
        const button = bar.querySelector("button");
        const note = bar.querySelector("[role=status]");
        const {esPanel, esPause, esResume, esPaused, esFailed} = bar.dataset;
        const usual = Number(bar.dataset.esRefresh);
        let wait = usual;
        let timer = null;
        let paused = false;

        const say = (text) => {
            if (note.textContent !== text) {
                note.textContent = text;
            }
        };

        const plan = () => {
            clearTimeout(timer);
            if (!paused && !document.hidden) {
                timer = setTimeout(refresh, wait * 1000);
            }
        };

        // Whoever reads with a keyboard, or marks a text to copy, keeps the place.
        const replace = (old, fresh) => {
            const links = [...old.querySelectorAll("a, [tabindex]")];
            const focused = links.indexOf(document.activeElement);
            const href = document.activeElement.getAttribute("href");
            old.replaceWith(fresh);
            if (focused >= 0) {
                const now = [...fresh.querySelectorAll("a, [tabindex]")];
                const same = now.find((element) => href && element.getAttribute("href") === href);
                (same || now[focused])?.focus({preventScroll: true});
            }
        };

        const refresh = async () => {
            const old = document.getElementById(esPanel);
            const selection = document.getSelection();
            if (!selection.isCollapsed && old.contains(selection.anchorNode)) {
                plan();
                return;
            }
            try {
                const answer = await fetch(location.href, {headers: {Accept: "text/html"}, cache: "no-store"});
                const page = new DOMParser().parseFromString(await answer.text(), "text/html");
                const fresh = page.getElementById(esPanel);
                if (paused) {
                    return; // meanwhile: what is there is being read
                }
                if (!answer.ok || !fresh) {
                    throw new Error(`no panel, status ${answer.status}`);
                }
                replace(old, document.importNode(fresh, true));
                wait = usual;
                say("");
            } catch {
                if (paused) {
                    return;
                }
                wait = Math.min(LONGEST, wait * 2);
                say(esFailed);
            }
            plan();
        };

        button.addEventListener("click", () => {
            paused = !paused;
            button.textContent = paused ? esResume : esPause;
            say(paused ? esPaused : "");
            wait = usual;
            paused ? plan() : refresh();
        });
        document.addEventListener("visibilitychange", () => {
            clearTimeout(timer);
            if (!document.hidden && !paused) {
                refresh();
            }
        });
        button.hidden = false;
        plan();
    };

    document.addEventListener("DOMContentLoaded", () => {
        document.querySelectorAll("[data-es-refresh]").forEach(begin);
    });
}
