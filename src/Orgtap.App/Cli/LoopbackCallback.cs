using System.Net;
using Orgtap.Primitives;

namespace Orgtap.App.Cli;

/// <summary>What came to the callback address.</summary>
internal sealed record CallbackAnswer(string State, string? Code, string? Error, string? ErrorDescription);

/// <summary>Listens on this machine for the one browser that comes back from Salesforce.</summary>
internal sealed class LoopbackCallback : IAsyncDisposable
{
    /// <summary>The callback address that the Salesforce CLI uses too, so many apps have it already.</summary>
    public const string DefaultAddress = "http://localhost:1717/OauthRedirect";

    private readonly WebApplication _server;
    private readonly TaskCompletionSource<CallbackAnswer> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private LoopbackCallback(WebApplication server) => _server = server;

    /// <exception cref="InvalidInputException">Not an http address on this machine, or its port is taken.</exception>
    public static async Task<LoopbackCallback> ListenAsync(string address, CancellationToken cancellationToken)
    {
        if (!Uri.TryCreate(address, UriKind.Absolute, out var uri) || uri.Scheme != "http" || !uri.IsLoopback)
            throw new InvalidInputException($"\"{address}\" is not an http address on this machine.", $"Leave --callback out ({DefaultAddress}), or authorize in the browser through `orgtap serve`.");
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            if (IPAddress.TryParse(uri.Host.Trim('[', ']'), out var ip)) kestrel.Listen(ip, uri.Port);
            else kestrel.ListenLocalhost(uri.Port);
        });
        builder.Services.AddRoutingCore();
        var callback = new LoopbackCallback(builder.Build());
        callback._server.MapGet(uri.AbsolutePath, callback.ReceiveAsync);
        try
        {
            await callback._server.StartAsync(cancellationToken);
            return callback;
        }
        catch (IOException taken)
        {
            await callback.DisposeAsync();
            throw new InvalidInputException($"Port {uri.Port} is in use by another program.", "Stop it, or give another --callback that the app in Salesforce has too.", taken);
        }
    }

    public Task<CallbackAnswer> AnswerAsync(CancellationToken cancellationToken) => _answer.Task.WaitAsync(cancellationToken);

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private async Task ReceiveAsync(HttpContext context)
    {
        var query = context.Request.Query;
        var answer = new CallbackAnswer(query["state"].ToString(), query["code"], query["error"], query["error_description"]);
        context.Response.ContentType = "text/html; charset=utf-8";
        await context.Response.WriteAsync($"""
            <!doctype html><html lang="en"><title>Orgtap</title><p>{(answer.Error is null ? "Orgtap has the answer." : "Salesforce did not allow it.")}
            Go back to the terminal; this window can be closed.</p></html>
            """, context.RequestAborted);
        await context.Response.CompleteAsync();
        _answer.TrySetResult(answer);
    }
}
