using System.Text.RegularExpressions;

namespace Posthorn.Tests;

/// <summary>docs/architecture.md leads to every folder, and to none that is gone.</summary>
public sealed partial class ArchitectureDocumentTests
{
    /// <summary>The projects, and how the map names what is in them.</summary>
    private static readonly (string Project, string Short)[] Projects =
        [("Posthorn", "Posthorn/"), ("Posthorn.Core", "Core/"), ("Posthorn.Server", "Server/"), ("Posthorn.Standards", "Standards/"), ("Posthorn.Web", "Posthorn.Web/")];

    private static readonly string[] NoFeatures = ["bin", "obj", "Properties"];

    private static string Map => File.ReadAllText(Repository.PathOf("docs/architecture.md"));

    [Fact]
    public void Every_folder_has_its_feature()
    {
        string[] missing =
        [
            .. Projects.SelectMany(static project => Directory.EnumerateDirectories(Repository.PathOf($"src/{project.Project}"))
                .Select(static path => Path.GetFileName(path))
                .Where(folder => !NoFeatures.Contains(folder) && !Map.Contains($"{project.Short}{folder}", StringComparison.Ordinal) && !Map.Contains($"`{folder}", StringComparison.Ordinal))
                .Select(folder => $"{project.Project}/{folder}")),
        ];
        Assert.Empty(missing);
    }

    [Fact]
    public void Every_path_is_there()
    {
        string[] gone =
        [
            .. Paths().Matches(Map).Select(static match => match.Groups[1].Value)
                .Where(static path => Projects.All(project => !path.StartsWith(project.Short, StringComparison.Ordinal) || !IsThere($"src/{project.Project}/{path[project.Short.Length..]}")))
                .Where(static path => Projects.Any(project => path.StartsWith(project.Short, StringComparison.Ordinal))),
        ];
        Assert.Empty(gone);
    }

    private static bool IsThere(string path) => Path.Exists(Repository.PathOf(path.TrimEnd('/')));

    // Without wildcards.
    [GeneratedRegex("`([A-Za-z.]+/[A-Za-z0-9./]+)`")]
    private static partial Regex Paths();
}
