using System.CommandLine;
using System.CommandLine.Parsing;

namespace Orgtap.App.Cli;

/// <summary>What is wrong with a command line, in the words of whoever typed it: the library names types of ours.</summary>
internal static class ParseErrors
{
    public static string WordsOf(ParseError error)
    {
        if (!error.Message.Contains("as expected type", StringComparison.Ordinal)) return error.Message;
        var (name, type) = error.SymbolResult switch
        {
            OptionResult option => (option.Option.Name, option.Option.ValueType),
            ArgumentResult { Parent: OptionResult option } => (option.Option.Name, option.Option.ValueType),
            ArgumentResult argument => (argument.Argument.Name, argument.Argument.ValueType),
            _ => (null, null),
        };
        if (name is null || type is null) return error.Message;
        var typed = string.Join(" ", error.SymbolResult!.Tokens.Select(token => token.Value));
        return $"\"{typed}\" is not possible for {name}: give {Wanted(type.IsArray ? type.GetElementType()! : type)}.";
    }

    private static string Wanted(Type type)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        if (type.IsEnum) return string.Join(", ", Enum.GetNames(type)) is var names && names.LastIndexOf(", ", StringComparison.Ordinal) is > 0 and var last ? $"{names[..last]} or {names[(last + 2)..]}" : names;
        if (type == typeof(int) || type == typeof(long)) return "a whole number";
        return type == typeof(DateTimeOffset) ? "a time, e.g. 2026-11-01 or 2026-11-01T08:00Z" : "another value";
    }
}
