namespace Orgtap.IntegrationTests.Programs;

/// <summary>Waits for what another process does, looking a thousand times a second: the processor is left to that process.</summary>
internal static class Until
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(1);

    public static Task TrueAsync(Func<bool> happened, CancellationToken cancellationToken) => TrueAsync(() => Task.FromResult(happened()), cancellationToken);

    /// <inheritdoc cref="TrueAsync(Func{bool}, CancellationToken)"/>
    public static async Task TrueAsync(Func<Task<bool>> happened, CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(Look);
        while (!await happened()) await timer.WaitForNextTickAsync(cancellationToken);
    }
}
