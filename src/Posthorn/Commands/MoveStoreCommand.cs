using System.CommandLine;
using Posthorn.Administration;
using Posthorn.Configuration;
using Posthorn.Control;

namespace Posthorn.Commands;

/// <summary><c>posthorn move-store</c></summary>
internal static class MoveStoreCommand
{
    public static Command Make(CommandContext context)
    {
        var to = new Option<string?>("--to") { Description = "Connection string of an empty PostgreSQL database (\"Host=...\"), or an empty folder for the embedded store.", HelpName = "PLACE" };
        var toConfig = new Option<string?>("--to-config") { Description = "The configuration of the target: its store, bodies and dataFolder. Instead of the options here.", HelpName = "FILE" };
        var bucket = new Option<string?>("--to-bucket") { Description = "Bucket for large messages; without it they go into files of the target's data folder. Keys as in bodies.accessKey and bodies.secretKey.", HelpName = "NAME" };
        var endpoint = new Option<string?>("--to-endpoint") { Description = "Address of the bucket's server; without it bodies.endpoint.", HelpName = "URL" };
        var region = new Option<string?>("--to-region") { Description = "Region of the bucket; without it bodies.region.", HelpName = "REGION" };
        var prefix = new Option<string?>("--to-prefix") { Description = "Names of objects begin so; without it bodies.prefix.", HelpName = "PREFIX" };
        var folder = new Option<string?>("--to-folder") { Description = "Data folder of the target's node, with a database; without it DATAFOLDER-moved.", HelpName = "FOLDER" };
        var command = new Command("move-store", "Copies the store into another one, while the server works. Run it again to copy what changed; the last time with the server stopped.")
        {
            to, toConfig, bucket, endpoint, region, prefix, folder,
        };
        command.SetAction((parsed, cancel) =>
        {
            PosthornOptions here = context.Options(parsed);
            MoveRequest request = parsed.GetValue(toConfig) is { } file
                ? Of(ConfigurationFile.Read(file))
                : new MoveRequest(
                    "", parsed.GetValue(to) ?? throw new OperationRefusedException("Where to? Give --to \"Host=...;Database=...\", --to FOLDER, or --to-config FILE."),
                    parsed.GetValue(bucket) is not { } name ? new BodiesOptions() : here.Bodies with
                    {
                        Bucket = name,
                        Endpoint = parsed.GetValue(endpoint) ?? here.Bodies.Endpoint,
                        Region = parsed.GetValue(region) ?? here.Bodies.Region,
                        Prefix = parsed.GetValue(prefix) ?? here.Bodies.Prefix,
                    });
            return context.RunAsync(
                parsed, MoveOperations.Move, Placed(request, parsed.GetValue(folder) ?? here.DataFolder + "-moved"), Print, static result => result.Damaged.Count == 0 ? 0 : 1, cancel);
        });
        return command;
    }

    private static MoveRequest Of(PosthornOptions options) => new(options.DataFolder, options.Store, options.Bodies);

    /// <summary>A place with an equals sign is a connection string, any other a folder.</summary>
    private static MoveRequest Placed(MoveRequest request, string nodeFolder) =>
        request.DataFolder.Length > 0 ? request
        : request.Store.Contains('=', StringComparison.Ordinal) ? request with { DataFolder = Path.GetFullPath(nodeFolder) }
        : request with { DataFolder = Path.GetFullPath(request.Store), Store = "" };

    private static void Print(MoveResult result)
    {
        foreach (string damaged in result.Damaged)
        {
            CommandContext.Say($"WRONG    {damaged}");
        }

        CommandContext.Say(FormattableString.Invariant(
            $"The target holds {result.Accounts:N0} accounts, {result.Messages:N0} messages, {result.Rows:N0} rows. This run wrote {result.RowsWritten:N0} rows and {result.Bodies:N0} messages ({CommandContext.Bytes(result.BodyBytes)}) in {result.Seconds:0.0} s; what it wrote was read back and has the same hashes."));
        CommandContext.Say("Run it again until little is left. To switch: stop the server, run it once more, set store, bodies and dataFolder in the configuration to the target's, start.");
    }
}
