using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Orgtap.App.Api;

/// <summary>The HTTP API, version 1. Members are added, never renamed.</summary>
internal static class ApiRoutes
{
    public static void Map(IEndpointRouteBuilder app)
    {
        app.MapOpenApi("/openapi/{documentName}.json");
        var api = app.MapGroup("/api/v1");
        ConnectionsApi.Map(api);
        AuthorizationsApi.Map(api);
        RunsApi.Map(api);
        QueryApi.Map(api);
        RowsApi.Map(api);
        ConversationsApi.Map(api);
        AuditApi.Map(api);
        UsersApi.Map(api);
        MailApi.Map(api);
        RequestsApi.Map(api);
        SystemApi.Map(api);
        SupportApi.Map(api);
        SetupApi.Map(api);
        AppsApi.Map(api);
        JobsApi.Map(api);
        OrgJobsApi.Map(api);
        NoticesApi.Map(api);
    }
}

/// <summary>How the API writes JSON: camelCase, enumerations as words, nothing where nothing is known.</summary>
internal static class ApiJson
{
    public static void Configure(JsonSerializerOptions options)
    {
        options.Converters.Add(new JsonStringEnumConverter());
        options.DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull;
    }
}

/// <summary>The head of the OpenAPI document.</summary>
internal static class ApiDocument
{
    public static void Configure(OpenApiOptions options) => options.AddDocumentTransformer((document, _, _) =>
    {
        document.Info = new OpenApiInfo
        {
            Title = "Orgtap", Version = "v1",
            Description = "Connections to Salesforce orgs, their selection, runs with receipts, and read-only SQL on their replicas. Send an API token: Authorization: Bearer orgtap_…",
        };
        document.Servers?.Clear();
        document.Components ??= new OpenApiComponents();
        document.Components.SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme>
        {
            ["token"] = new OpenApiSecurityScheme { Type = SecuritySchemeType.Http, Scheme = "bearer", Description = "Made on the page Your account, or with `orgtap users token`." },
        };
        document.Security = [new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference("token", document)] = [] }];
        return Task.CompletedTask;
    });
}
