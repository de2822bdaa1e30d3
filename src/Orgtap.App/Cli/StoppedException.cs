namespace Orgtap.App.Cli;

/// <summary>The user stopped a verb that has words of its own for what is left of its work.</summary>
internal class StoppedException(string words) : OperationCanceledException(words)
{
    /// <summary>Does the work, and says this if it is stopped.</summary>
    public static async Task<T> SayingAsync<T>(string words, Func<Task<T>> work)
    {
        try
        {
            return await work();
        }
        catch (OperationCanceledException)
        {
            throw new StoppedException(words);
        }
    }
}
