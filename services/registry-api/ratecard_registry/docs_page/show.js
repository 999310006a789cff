// Nothing is loaded from elsewhere: validatorUrl would send the document to a service on the internet.
window.ui = SwaggerUIBundle({
  url: "/docs/openapi.json",
  dom_id: "#swagger-ui",
  deepLinking: true,
  validatorUrl: null,
});
