using System.Diagnostics;

namespace Orgtap.App.Composition;

/// <summary>Gives every click, verb and run the id of a trace, which its events in the log bear, also where no collector asked for traces.</summary>
internal static class TraceIds
{
    private static readonly Lazy<ActivityListener> Listening = new(() =>
    {
        var listener = new ActivityListener { ShouldListenTo = source => source.Name is "Orgtap" or "Microsoft.AspNetCore", Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.PropagationData };
        ActivitySource.AddActivityListener(listener);
        return listener;
    });

    private static readonly ActivitySource Source = new("Orgtap");

    /// <summary>What a person typed begins a trace.</summary>
    public static Activity? Begin(string verb) => Source.StartActivity($"orgtap {verb}");

    public static void Listen() => _ = Listening.Value;
}
