using System.Text.RegularExpressions;

namespace Orgtap.Tests.Architecture;

/// <summary>Holds the order of the engine's rooms: a folder may use only folders of a lower rank (docs/decisions/0001).</summary>
public sealed partial class RoomsTests
{
    private static readonly Dictionary<string, int> Ranks = new(StringComparer.Ordinal)
    {
        ["Primitives"] = 0,
        ["Masking"] = 0,
        ["Records"] = 0,
        ["Salesforce"] = 1,
        ["Storage"] = 1,
        ["Connections"] = 2,
        ["Authorization"] = 3,
        ["Quota"] = 3,
        ["Replicas"] = 3,
        ["Catalog"] = 4,
        ["Extraction"] = 4,
        ["Syncs"] = 5,
        ["Conversations"] = 6,
        ["Backups"] = 7,
        ["Scheduling"] = 7,
        ["Reauthorization"] = 9,
        ["Notifications"] = 8,
    };

    [Fact]
    public void Every_folder_of_the_engine_is_a_room_with_a_rank()
    {
        var unranked = Repository.Sources("src/Orgtap").Select(file => RoomOf(file.Path)).Distinct().Where(room => !Ranks.ContainsKey(room)).ToList();
        Assert.Empty(unranked);
    }

    [Fact]
    public void A_room_uses_only_rooms_of_lower_rank()
    {
        var upward = new List<string>();
        var uses = 0;
        foreach (var file in Repository.Sources("src/Orgtap"))
        {
            var own = RoomOf(file.Path);
            foreach (var (line, number) in file.Lines.Select((line, index) => (line, index + 1)))
            {
                if (line.TrimStart().StartsWith("//", StringComparison.Ordinal)) continue;
                foreach (Match match in RoomReference().Matches(line))
                {
                    var room = match.Groups["room"].Value;
                    if (room == own || !Ranks.TryGetValue(room, out var rank)) continue;
                    uses++;
                    // Records speak of failures and go through masks, so the rooms of rank 0 are stacked: Primitives below Masking below Records.
                    var allowed = rank < Ranks[own] || (own == "Records" && room is "Primitives" or "Masking") || (own == "Masking" && room == "Primitives");
                    if (!allowed) upward.Add($"{file.Path}:{number} uses {room}");
                }
            }
        }

        Assert.Empty(upward);
        Assert.True(uses > 20, "The search for references found next to nothing: it no longer sees them.");
    }

    [Fact]
    public void A_namespace_is_its_folder()
    {
        var strays = new List<string>();
        foreach (var project in new[] { ("src/Orgtap", "Orgtap"), ("src/Orgtap.App", "Orgtap.App"), ("src/Orgtap.SimulatedOrg", "Orgtap.SimulatedOrg") })
        {
            foreach (var file in Repository.Sources(project.Item1))
            {
                var declared = file.Lines.Select(line => NamespaceLine().Match(line)).FirstOrDefault(match => match.Success)?.Groups["name"].Value;
                var folder = Path.GetDirectoryName(file.Path[(project.Item1.Length + 1)..])!.Replace('\\', '/').Replace('/', '.');
                var expected = folder.Length == 0 ? project.Item2 : $"{project.Item2}.{folder}";
                if (declared is not null && declared != expected) strays.Add($"{file.Path} declares {declared}, expected {expected}");
            }
        }

        Assert.Empty(strays);
    }

    [Fact]
    public void The_simulated_org_references_nothing_of_ours()
    {
        var project = File.ReadAllText(Path.Combine(Repository.Root, "src/Orgtap.SimulatedOrg/Orgtap.SimulatedOrg.csproj"));
        Assert.DoesNotContain("ProjectReference", project, StringComparison.Ordinal);
        Assert.DoesNotContain("Compile Include", project, StringComparison.Ordinal);

        var references = System.Reflection.Assembly.Load("orgtap-simulated-org").GetReferencedAssemblies().Select(name => name.Name!);
        Assert.DoesNotContain(references, name => name.StartsWith("Orgtap", StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public void The_engine_sees_neither_web_nor_console()
    {
        var references = typeof(Orgtap.Primitives.OrgtapException).Assembly.GetReferencedAssemblies().Select(name => name.Name!).ToList();
        Assert.DoesNotContain(references, name => name.StartsWith("Microsoft.AspNetCore", StringComparison.Ordinal));
        Assert.DoesNotContain(references, name => name is "System.CommandLine" or "Spectre.Console" or "System.Console");
    }

    private static string RoomOf(string path) => path.Split('/')[2];

    // A reference is `Orgtap.Room`, or `Room.Type` as written from inside the namespace Orgtap.
    [GeneratedRegex(@"(?:\bOrgtap\.|(?<![\w.""]))(?<room>[A-Z]\w+)(?=\.[A-Z]|;)")]
    private static partial Regex RoomReference();

    [GeneratedRegex(@"^namespace (?<name>[\w.]+)")]
    private static partial Regex NamespaceLine();
}
