/* What the page may not do: make markup of text, run text, or say it to a console. */
const markup = ["innerHTML", "outerHTML", "insertAdjacentHTML", "write", "writeln", "srcdoc",
	"createContextualFragment", "parseFromString", "setHTMLUnsafe", "html"];

export default [{
	files: ["**/*.js", "**/*.mjs"],
	ignores: ["made/**"],
	languageOptions: { ecmaVersion: 2022, sourceType: "module" },
	linterOptions: { reportUnusedDisableDirectives: true },
	rules: {
		"no-restricted-properties": ["error", ...markup.map((property) => ({ property }))],
		"no-restricted-syntax": ["error", {
			selector: "CallExpression[callee.property.name='setAttribute'][arguments.0.value='style']",
			message: "the page's policy allows no inline style",
		}],
		"no-eval": "error", "no-implied-eval": "error", "no-new-func": "error",
		"no-console": "error", "no-var": "error", "prefer-const": "error", "eqeqeq": "error",
		"no-unused-vars": "error", "no-shadow": "error", "no-fallthrough": "error",
		"no-unreachable": "error", "no-empty": ["error", { allowEmptyCatch: true }],
		"max-lines": ["error", 600], "max-params": ["error", 6], "max-len": ["error", 112],
		"max-lines-per-function": ["error", 80],
	},
}, { files: ["build.mjs", "draw.js"], rules: { "max-params": "off" } }];
