// Ask every few seconds for the rows that came after the last ones, and put them on top.
"use strict";
{
    const LONGEST = 60; // seconds between tries while the server does not answer
    const CATCH_UP = 0.2; // seconds, while more rows are there than one answer has

    const begin = (bar) => {
        const button = bar.querySelector("button");
        const note = bar.querySelector("[role=status]");
        const rows = document.getElementById("es-rows");
        const nothing = document.getElementById("es-nothing");
        const {esPause, esResume, esPaused, esFailed} = bar.dataset;
        const usual = Number(bar.dataset.esTail);
        const most = Number(bar.dataset.esMost);
        let wait = usual;
        let timer = null;
        let paused = false;
        let asking = false;

        const say = (text) => {
            if (note.textContent !== text) {
                note.textContent = text;
            }
        };

        const plan = (seconds) => {
            clearTimeout(timer);
            if (!paused && !document.hidden) {
                timer = setTimeout(look, seconds * 1000);
            }
        };

        // The oldest ones leave: the page stays as long as it may be.
        const show = (fresh) => {
            const found = [...fresh.rows];
            rows.prepend(...found.map((row) => document.importNode(row, true)));
            while (rows.rows.length > most) {
                rows.deleteRow(-1);
            }
            nothing.hidden = rows.rows.length > 0;
            rows.dataset.esNext = fresh.dataset.esNext;
        };

        const look = async () => {
            if (asking) {
                return;
            }
            asking = true;
            let next = usual;
            try {
                const answer = await fetch(rows.dataset.esNext, {headers: {Accept: "text/html"}, cache: "no-store"});
                const text = `<table>${await answer.text()}</table>`;
                const fresh = new DOMParser().parseFromString(text, "text/html").getElementById("es-rows");
                if (!answer.ok || !fresh) {
                    throw new Error(`no rows, status ${answer.status}`);
                }
                // What was under way when somebody paused is asked for again later.
                if (!paused) {
                    show(fresh);
                    say("");
                }
                wait = usual;
                next = "esBehind" in fresh.dataset ? CATCH_UP : usual;
            } catch {
                wait = Math.min(LONGEST, wait * 2);
                next = wait;
                say(paused ? esPaused : esFailed);
            }
            asking = false;
            plan(next);
        };

        button.addEventListener("click", () => {
            paused = !paused;
            button.textContent = paused ? esResume : esPause;
            say(paused ? esPaused : "");
            wait = usual;
            plan(0);
        });
        document.addEventListener("visibilitychange", () => plan(0));
        document.getElementById("es-newer").hidden = true;
        button.hidden = false;
        plan(usual);
    };

    document.querySelectorAll("[data-es-tail]").forEach(begin);
}
