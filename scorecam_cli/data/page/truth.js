/* What the model predicts, and whether it is right. */

filters.push(
  { name: "right", active: (state) => state.show === "right", matches: (photo, card) => card.dataset.right === "yes" },
  { name: "wrong", active: (state) => state.show === "wrong", matches: (photo, card) => card.dataset.right === "no" },
  { name: "predicted", active: (state) => state.show.startsWith("predicted-"), matches: (photo, card, state) => card.dataset.predicted === state.show },
  { name: "true", active: (state) => state.show.startsWith("true-"), matches: (photo, card, state) => card.dataset.true === state.show },
);

function truth(photo, run) {
  if (!photo.truth) return null;
  const said = run.right === undefined ? "" : run.right ? " The model is right." : ` The model says ${run.predicted.name}, ${run.predicted.percent}.`;
  return section("True class", make("p", { class: run.right === false ? "truth is-wrong" : "truth" }, make("bdi", {}, photo.truth.name), `.${said}`));
}

sidePanel.push(truth);
