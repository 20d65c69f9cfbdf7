namespace Posthorn.Tests;

/// <summary>The borders of docs/architecture.md, as references between the built assemblies.</summary>
public sealed class ProjectBordersTests
{
    [Theory]
    [InlineData("Posthorn.Standards", new[] { "Posthorn.Core", "Posthorn.Server", "Posthorn.Web", "posthorn", "Microsoft.AspNetCore" })]
    [InlineData("Posthorn.Core", new[] { "Posthorn.Server", "Posthorn.Web", "posthorn" })]
    [InlineData("Posthorn.Server", new[] { "Posthorn.Web", "posthorn", "SQLitePCLRaw", "Npgsql" })]
    [InlineData("Posthorn.Web", new[] { "Posthorn.Server", "posthorn", "SQLitePCLRaw", "Npgsql" })]
    public void A_project_references_only_what_the_architecture_allows(string project, string[] forbidden)
    {
        var assembly = System.Reflection.Assembly.Load(project);
        string[] references = [.. assembly.GetReferencedAssemblies().Select(reference => reference.Name ?? "")];
        Assert.DoesNotContain(references, reference => forbidden.Any(name => reference.StartsWith(name, StringComparison.Ordinal)));
    }
}
