using System.CommandLine;
using Posthorn.Commands;
using Posthorn.Configuration;
using Posthorn.Control;
using Posthorn.Core;
using Posthorn.Core.Storage;
using Posthorn.Hosting;

Umask.KeepPrivate();
var context = new CommandContext();
RootCommand root = PosthornCommand.Make(context);
try
{
    return await root.Parse(args).InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
}
catch (Exception failure) when (failure is ConfigurationException or OperationRefusedException or StoreOpeningException or StoreUnavailableException)
{
    // What a person did or must do: one line, no stack.
    Console.Error.WriteLine($"posthorn: {failure.Message}");
    return 1;
}
catch (OperationCanceledException)
{
    Console.Error.WriteLine("posthorn: stopped.");
    return 130;
}
