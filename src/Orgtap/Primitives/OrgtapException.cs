namespace Orgtap.Primitives;

/// <summary>
/// The one family of exceptions that leaves the engine. <see cref="Exception.Message"/> is written for people: it names the input
/// or the table, says what happened and holds no secret, no row value and no code; codes go to <see cref="Detail"/>.
/// </summary>
/// <param name="kind">Decides who acts and whether it is tried again.</param>
/// <param name="message">What happened, in words an operator or a Salesforce admin uses.</param>
/// <param name="nextStep">What the one whose turn it is does next, as a sentence.</param>
/// <param name="detail">For logs and the details of an error card: error code, HTTP status, Salesforce's own text.</param>
public class OrgtapException(FailureKind kind, string message, string nextStep, string? detail = null, Exception? innerException = null)
    : Exception(message, innerException)
{
    public FailureKind Kind { get; } = kind;

    public string NextStep { get; } = nextStep;

    public string? Detail { get; } = detail;

    public Turn Turn => Turns.Of(Kind);
}

/// <summary>What a person gave us cannot be used. Names the input, the cause and the next step.</summary>
public sealed class InvalidInputException(string message, string nextStep, Exception? innerException = null)
    : OrgtapException(FailureKind.InvalidInput, message, nextStep, null, innerException);

/// <summary>A newer run opened the table; the page that was to be committed is not written.</summary>
public sealed class FencedException(string sobject) : OrgtapException(
    FailureKind.Fenced, $"Another run has taken over {sobject}; this one stopped. Nothing is lost.", "Nothing to do: the newer run goes on.")
{
    public string SObject { get; } = sobject;
}

/// <summary>Calls were refused by our own quota guard or by Salesforce, before anything was harmed.</summary>
/// <param name="until">When the next attempt makes sense, UTC.</param>
public sealed class QuotaStopException(string message, DateTimeOffset until, string? detail = null) : OrgtapException(
    FailureKind.QuotaExhausted, message, "Syncs go on by themselves then; what you asked for can be asked again. A lower update frequency or a higher threshold avoids the stop.", detail)
{
    public DateTimeOffset Until { get; } = until;
}
