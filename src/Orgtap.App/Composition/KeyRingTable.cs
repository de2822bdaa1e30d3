using System.Xml.Linq;
using Dapper;
using Microsoft.AspNetCore.DataProtection.Repositories;
using Orgtap.Storage;

namespace Orgtap.App.Composition;

/// <summary>The key ring in the control store, so that every process of an installation has the same keys. Its callers know no asynchronous form.</summary>
internal sealed class KeyRingTable(ControlStore store, TimeProvider time) : IXmlRepository
{
    public IReadOnlyCollection<XElement> GetAllElements() => ReadAsync().GetAwaiter().GetResult();

    public void StoreElement(XElement element, string friendlyName) => StoreAsync(element, friendlyName).GetAwaiter().GetResult();

    // Not through WriteAsync: a key is made when the first secret is encrypted, which may be in the middle of a write.
    private async Task StoreAsync(XElement element, string friendlyName)
    {
        await using var db = await store.ConnectAsync(CancellationToken.None);
        await db.ExecuteAsync("INSERT INTO key_ring (name, element, created_at) VALUES (@friendlyName, @text, @at) ON CONFLICT (name) DO UPDATE SET element = excluded.element",
            new { friendlyName, text = element.ToString(SaveOptions.DisableFormatting), at = time.GetUtcNow().ToUnixTimeMilliseconds() });
    }

    private async Task<IReadOnlyCollection<XElement>> ReadAsync()
    {
        await using var db = await store.ConnectAsync(CancellationToken.None);
        return [.. (await db.QueryAsync<string>("SELECT element FROM key_ring ORDER BY created_at, name")).Select(XElement.Parse)];
    }
}
