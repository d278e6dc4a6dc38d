// Shows the document that belongs to the address. Credentials that are typed in stay in this page.
const whole = location.pathname === "/docs/service";
for (const link of document.querySelectorAll("nav a")) {
  if (link.pathname === location.pathname) link.setAttribute("aria-current", "page");
}
SwaggerUIBundle({
  url: whole ? "/openapi/vilt-service.json" : "/openapi/vilt-contract.yaml",
  dom_id: "#document",
  validatorUrl: null,
  persistAuthorization: false,
  docExpansion: "list",
});
