using System.CommandLine;
using System.Text.Json;
using Orgtap.App.Overviews;
using Orgtap.Connections;
using Orgtap.Masking;
using Orgtap.Primitives;

namespace Orgtap.App.Cli;

/// <summary><c>orgtap connections masking</c>: what is masked in texts before they are stored.</summary>
internal static class MaskingVerb
{
    public static Command Build(VerbRunner verbs)
    {
        var connection = VerbRunner.Connection();
        var emails = new Option<bool>("--emails") { Description = "Mask e-mail addresses" };
        var cards = new Option<bool>("--cards") { Description = "Mask card numbers" };
        var phones = new Option<bool>("--phones") { Description = "Mask phone numbers" };
        var patterns = new Option<string[]>("--pattern") { Description = "Mask what a regular expression matches", HelpName = "NAME=REGEX", AllowMultipleArgumentsPerToken = false };
        var none = new Option<bool>("--none") { Description = "Mask nothing any more; the originals are read again with the next sync" };
        var tried = new Option<string?>("--try") { Description = "Show what the rules make of a text; changes nothing", HelpName = "TEXT" };
        var json = VerbRunner.Json();
        return verbs.Run(new Command("masking", "Show or set what is masked in every text before it is stored") { connection, emails, cards, phones, patterns, none, tried, json }, Needs.Stores,
            ["orgtap connections masking acme", "orgtap connections masking acme --emails --phones --pattern \"customer number=K-[0-9]{4,}\"", "orgtap connections masking acme --try \"Call +49 30 1234567\""],
            async (context, cancellationToken) =>
        {
            var change = context.Service<MaskingChange>();
            var found = await context.Service<ConnectionStore>().GetAsync(context.Get(connection), cancellationToken);
            var wanted = new MaskingDocument(context.Get(emails), context.Get(cards), context.Get(phones), [.. (context.Get(patterns) ?? []).Select(PatternOf)]);
            var named = wanted.Emails || wanted.CardNumbers || wanted.PhoneNumbers || wanted.Patterns!.Count > 0;
            if (named && context.Get(none)) throw new InvalidInputException("--none and rules were given at once.", "Give the rules that are to be in force, or --none.");
            if (context.Get(tried) is { } text)
            {
                var masked = MaskingChange.Try(found, new MaskingTry(text, named ? wanted : null));
                context.Out.WriteLine(context.Get(json) ? JsonSerializer.Serialize(masked, CliJson.Options) : masked.Text);
                return ExitCode.Done;
            }
            var overview = named || context.Get(none) ? await change.ApplyAsync(found, wanted, ConnectVerb.Actor, cancellationToken) : await change.OfAsync(found, cancellationToken);
            if (context.Get(json))
            {
                context.Out.WriteLine(JsonSerializer.Serialize(overview, CliJson.Options));
                return ExitCode.Done;
            }
            context.Out.WriteLine(overview.Rules.Rules().Words);
            if (overview.Masked.Count > 0) context.Out.WriteLine($"So far: {new MaskCounts(overview.Masked).Words}.");
            if (overview.Behind.Count > 0) context.Out.WriteLine($"Stored texts of {string.Join(", ", overview.Behind)} follow with the next sync: orgtap sync {found.Name}");
            return ExitCode.Done;
        });
    }

    private static MaskingPattern PatternOf(string text) => text.IndexOf('=', StringComparison.Ordinal) is > 0 and var at
        ? new MaskingPattern(text[..at].Trim(), text[(at + 1)..])
        : throw new InvalidInputException($"\"{text}\" has no name before its pattern.", "Write NAME=REGEX, e.g. --pattern \"customer number=K-[0-9]{4,}\".");
}
