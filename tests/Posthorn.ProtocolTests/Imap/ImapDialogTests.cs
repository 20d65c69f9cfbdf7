using Posthorn.ProtocolTests.Dialogs;

namespace Posthorn.ProtocolTests.Imap;

/// <summary>Every dialog of this folder, each against a server of its own.</summary>
public sealed class ImapDialogTests
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "Imap");

    public static TheoryData<string> Dialogs => [.. Directory.EnumerateFiles(Folder, "*.dialog")
        .Select(file => Path.GetFileNameWithoutExtension(file))
        .Where(name => !name.StartsWith('_'))
        .Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Dialogs))]
    public async Task Dialog(string name)
    {
        await using ServerFixture server = await ServerFixture.StartAsync();
        await DialogRunner.PlayAsync(server, "imaps", Path.Combine(Folder, name + ".dialog"));
    }
}
