namespace Orgtap.SimulatedOrg.Faults;

/// <summary>The effects that hit one request and that its handler must carry out itself.</summary>
internal sealed record ActiveFaults(IReadOnlyList<FaultEffect> Effects)
{
    public static ActiveFaults None { get; } = new([]);

    public static ActiveFaults Of(HttpContext context) => context.Features.Get<ActiveFaults>() ?? None;

    public T? Find<T>() where T : FaultEffect => Effects.OfType<T>().FirstOrDefault();
}
